/** What a run must remember to go on exactly where it stopped, as safetensors files that appear whole or not at all. */
package mixgrpo.trainer.checkpoint;

/** Named arrays on disk and in memory: safetensors, LoRA and pickled files, checked whole before anything is read. */
package mixgrpo.models.weights;

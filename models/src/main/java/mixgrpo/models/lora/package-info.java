/**
 * Low-rank adapters (LoRA, arXiv 2106.09685): what one is, the files that people share them in, and merging them into the
 * weights of a network. Running them unmerged is left to the interpreters, training them to the trainer.
 */
package mixgrpo.models.lora;

/**
 * What surrounds the making of the built-in model: the folder it happens in, pictures on the way, and the finished model folder with
 * its prompts and its card. The trainings themselves are the trainer's.
 */
package mixgrpo.tools.pretrain;

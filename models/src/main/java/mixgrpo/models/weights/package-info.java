/**
 * Named arrays on disk and in memory: safetensors, read and written; torch's pickled files, read; both whole or in
 * shards; and the folders that models come in. Files are checked whole, all faults together, before anything is read.
 * What the arrays mean is left to the networks.
 */
package mixgrpo.models.weights;

/**
 * The libtorch of this process and the device that it computes on: started here alone, so that what it needs is set before, and what is
 * missing for a GPU has one place to be named.
 */
package mixgrpo.trainer.libtorch;

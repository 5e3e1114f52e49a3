/**
 * What a run measures of itself: the fixed names and their meaning, one line of JSON an iteration, clocks and memory. Who draws curves
 * from them is another's business.
 */
package mixgrpo.trainer.metrics;

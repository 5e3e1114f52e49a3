/**
 * The parity fixtures of networks as every interpreter's tests need them: inputs as our networks take them, our results under
 * the reference's names, and a report of the worst error.
 */
package mixgrpo.models.goldens;

package mixgrpo.runtime.noise;

import org.apache.commons.rng.core.source32.Philox4x32;

/**
 * What some random numbers are for. Equal keys give equal numbers, different keys independent ones, whatever the batch, the
 * order, the thread or the machine.
 *
 * <p>Layout: the numbers of a key are the output words of Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1,
 * 2, 3", SC 2011), blocks 1, 2, 3, ... of four words (Commons RNG's generator steps before it draws), under
 *
 * <pre>
 * key word 0       seed, low 32 bits            key word 1       seed, high 32 bits
 * counter word 0   block                        counter word 1   iteration
 * counter word 2   prompt                       counter word 3   image &lt;&lt; 16 | step &lt;&lt; 6 | stream
 * </pre>
 *
 * <p>Test vector: seed 0x0123456789abcdef, iteration 1, prompt 2, image 3, step 4, {@link Stream#SDE_STEP} is key 89abcdef
 * 01234567 and at its first block counter 00000001 00000001 00000002 00030101; it gives 22c1b3cf 5d5c3abe 3ad62511 23112027, then
 * 6a2cfc06 a3fed6dd f144c2b2 86f7fa42.
 *
 * @param seed of the run, any value
 * @param iteration of the loop (or step of a training without a loop), 0 or more
 * @param prompt number of the prompt in its file, 0 or more
 * @param image within the prompt's group, in [0, 65536); 0 where a group shares the numbers
 * @param step of the trajectory, in [0, 1024)
 * @param stream what kind of numbers
 */
public record NoiseKey(long seed, int iteration, int prompt, int image, int step, Stream stream) {

    /** Uses of random numbers. Their numbers are part of the layout: they never change, and there is room for 64. */
    public enum Stream {
        /** The noise that a trajectory starts from, step 0. */
        INITIAL_LATENT(0),
        /** The noise that an SDE step adds. */
        SDE_STEP(1),
        /** Which prompts an iteration takes, and the order of training data. */
        DATA_ORDER(2),
        /** {@link #INITIAL_LATENT} of pictures for an evaluation, iteration 0 so that they stay comparable. */
        EVALUATION_LATENT(3),
        /** First values of weights. */
        INITIAL_WEIGHTS(4),
        /** Text embeddings of measurements that have no text encoder. */
        RANDOM_TEXT(5);

        private final int number;

        Stream(int number) {
            this.number = number;
        }
    }

    public NoiseKey {
        check("iteration", iteration, Integer.MAX_VALUE);
        check("prompt", prompt, Integer.MAX_VALUE);
        check("image", image, 0xffff);
        check("step", step, 0x3ff);
    }

    private static void check(String field, int value, int last) {
        if (value < 0 || value > last) {
            throw new IllegalArgumentException("noise key, %s: expected 0..%d, got %d".formatted(field, last, value));
        }
    }

    /** The key of this seed and stream with 0 in all other places. */
    public static NoiseKey of(long seed, Stream stream) {
        return new NoiseKey(seed, 0, 0, 0, 0, stream);
    }

    /** The same key at this iteration, 0 or more. */
    public NoiseKey withIteration(int iteration) {
        return new NoiseKey(seed, iteration, prompt, image, step, stream);
    }

    /** The same key at this prompt, its number in its file, 0 or more. */
    public NoiseKey withPrompt(int prompt) {
        return new NoiseKey(seed, iteration, prompt, image, step, stream);
    }

    /** The same key at this image of a group, in [0, 65536). */
    public NoiseKey withImage(int image) {
        return new NoiseKey(seed, iteration, prompt, image, step, stream);
    }

    /** The same key at this step of the trajectory, in [0, 1024). */
    public NoiseKey withStep(int step) {
        return new NoiseKey(seed, iteration, prompt, image, step, stream);
    }

    /** The words of this key from its first on. */
    Philox4x32 words() {
        int last = image << 16 | step << 6 | stream.number;
        return new Philox4x32(new int[] {(int) seed, (int) (seed >>> 32), 0, iteration, prompt, last});
    }
}

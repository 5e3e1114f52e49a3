package mixgrpo.runtime.rollout;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import mixgrpo.models.Array;
import mixgrpo.models.Network;
import mixgrpo.models.dit.LatentPacking;
import mixgrpo.runtime.text.TextEmbedding;

/**
 * How latents, prompts and noise levels become the inputs of a transformer, for engine and trainer alike; for pictures of one size
 * and prompts of one length. Its only output is {@value #VELOCITY}, as many elements a row as {@link #elements}.
 */
public interface TransformerInputs {

    /** Name of the network's output: noise minus image, for every row. */
    String VELOCITY = "velocity";

    /** The network that takes these inputs. */
    Network network();

    /** How one image's latents become a row of numbers. */
    LatentPacking packing();

    /** Elements of one image's latents. */
    default int elements() {
        return packing().elements();
    }

    /**
     * What does not change from step to step: text, positions, guidance.
     *
     * @param texts the prompt of every row
     */
    Map<String, Array> constant(List<TextEmbedding> texts);

    /**
     * What changes from step to step.
     *
     * @param latents packed as {@link #packing} says, one row an image
     * @param sigmas what the network is told about every row, in [0, 1]
     */
    Map<String, Array> changing(List<float[]> latents, double[] sigmas);

    /** All inputs of a batch: {@link #constant} and {@link #changing}. */
    default Map<String, Array> of(List<float[]> latents, List<TextEmbedding> texts, double[] sigmas) {
        Map<String, Array> inputs = new LinkedHashMap<>(constant(texts));
        inputs.putAll(changing(latents, sigmas));
        return inputs;
    }
}

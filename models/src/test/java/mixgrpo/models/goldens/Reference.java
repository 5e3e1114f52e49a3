package mixgrpo.models.goldens;

import java.util.Map;
import mixgrpo.models.Array;

/** How a reference implementation's latents and names differ from ours. */
interface Reference {

    /** The reference's latents of a batch as our networks take them. */
    Array packed(Array latents);

    /** The way back of {@link #packed}. */
    Array unpacked(Array tokens);

    /** Our network's output and taps under the reference's names. */
    Map<String, Array> named(Map<String, Array> inputs, Map<String, Array> results);
}

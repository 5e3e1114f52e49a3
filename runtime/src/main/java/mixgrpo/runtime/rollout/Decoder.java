package mixgrpo.runtime.rollout;

import java.util.List;
import mixgrpo.runtime.image.Image;

/** Turns packed latents into pictures. */
@FunctionalInterface
public interface Decoder {

    /** A picture for every row; rows are only read. */
    List<Image> decode(float[][] latents);
}

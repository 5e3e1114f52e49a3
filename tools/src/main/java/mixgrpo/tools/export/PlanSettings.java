package mixgrpo.tools.export;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import mixgrpo.runtime.tensorrt.PlanOptions;

/**
 * How TensorRT's plans are to be built.
 *
 * @param min smallest shapes of inputs by name; none where they follow from others
 * @param opt usual ones
 * @param max largest ones
 * @param timingCache file with what TensorRT measured before; the cache's own if nobody names one
 */
public record PlanSettings(
        Map<String, List<Long>> min,
        Map<String, List<Long>> opt,
        Map<String, List<Long>> max,
        Optional<Path> timingCache,
        PlanOptions options) {

    boolean hasShapes() {
        return !min.isEmpty() || !opt.isEmpty() || !max.isEmpty();
    }
}

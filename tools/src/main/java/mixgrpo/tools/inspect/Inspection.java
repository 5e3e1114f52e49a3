package mixgrpo.tools.inspect;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What was found.
 *
 * @param path that was looked at
 * @param kind what it is, {@code FluxPipeline} or {@code LoRA (kohya)}
 * @param parts of it
 * @param faults why it cannot be used though each part can
 * @param remarks what else there is to say, a line each
 * @param memory needs, if it has a transformer that is known
 */
public record Inspection(
        Path path,
        String kind,
        List<Part> parts,
        List<String> faults,
        List<String> remarks,
        Optional<MemoryNeeds> memory) {

    /** Problems of all parts, and of the whole. */
    public List<String> problems() {
        return Stream.concat(parts.stream().flatMap(part -> part.problems().stream()), faults.stream())
                .toList();
    }
}

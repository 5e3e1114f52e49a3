package mixgrpo.tools;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import mixgrpo.runtime.rollout.Prompt;
import mixgrpo.runtime.scenes.ScenePrompt;
import mixgrpo.runtime.scenes.SceneSplit;
import mixgrpo.runtime.text.PromptEncoder;
import mixgrpo.runtime.text.TextEmbedding;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.tools.model.Painter;
import mixgrpo.tools.model.PromptTexts;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.run.WritableFolder;
import mixgrpo.tools.sample.SampleFolder;
import mixgrpo.tools.sample.SampleModel;
import mixgrpo.tools.sample.SamplePlan;
import mixgrpo.tools.sample.SampleRequest;

/** Pictures of given prompts. */
final class SampleRun {

    private static final int OWN_PROMPTS = 6;
    private static final String FOLDER = "samples";

    private final SampleRequest request;
    private final EngineKind engine;
    private final boolean dry;
    private final Console console;

    /**
     * @param engine what runs the networks
     * @param dry whether it only says what it would do
     */
    SampleRun(SampleRequest request, EngineKind engine, boolean dry, Console console) {
        this.request = request;
        this.engine = engine;
        this.dry = dry;
        this.console = console;
    }

    ExitCode call() throws Exception {
        List<String> given = given();
        if (!dry) {
            checkOut();
        }
        try (SampleModel model = GivenException.reading(() -> SampleModel.open(request.source()))) {
            model.found().ifPresent(words -> console.print(words + "\n"));
            List<String> texts = given.isEmpty() ? ownPrompts(model) : given;
            SamplePlan plan = SamplePlan.of(model, request, engine, texts.size());
            console.print(plan.summary());
            if (dry) {
                console.print(plan.details());
                return ExitCode.OK;
            }
            plan.checkMemory();
            LateProgress reading = new LateProgress(console);
            model.checkFinite(reading.of("the weights checked"));
            draw(plan, texts, reading);
        }
        return ExitCode.OK;
    }

    private List<String> given() throws IOException {
        List<String> texts = new ArrayList<>(request.words().prompts());
        if (request.words().file() != null) {
            texts.addAll(PromptTexts.read(request.words().file(), "--prompts"));
        }
        return texts;
    }

    private static List<String> ownPrompts(SampleModel model) {
        if (!model.base().text().isBuiltIn()) {
            throw new IllegalArgumentException(
                    "--prompt, --prompts: expected at least one prompt; %s is no model of the scenes world, whose prompts are known"
                            .formatted(model.name()));
        }
        return SceneSplit.developmentPrompts(OWN_PROMPTS).stream()
                .map(ScenePrompt::text)
                .toList();
    }

    /** Refuses a folder that cannot take the pictures before anything is loaded; leaves nothing behind. */
    private void checkOut() throws IOException {
        Path out = request.out();
        if (out != null && Files.isRegularFile(out)) {
            throw new IllegalArgumentException(
                    "--out: expected a folder, got %s, which is a file; name a new or an empty folder".formatted(out));
        }
        if (out != null && Files.exists(out)) {
            try (Stream<Path> files = Files.list(out)) {
                if (files.findAny().isPresent()) {
                    throw new IllegalArgumentException(
                            "--out: %s holds files already, and pictures are not written over; name a new or an empty folder"
                                    .formatted(out));
                }
            }
        }
        WritableFolder.refusal(out == null ? Path.of("") : out).ifPresent(reason -> {
            throw new GivenException(
                    "--out: expected a folder that can be written to, got %s, which cannot be created (%s); name another one with --out"
                            .formatted(out == null ? "a new " + FOLDER : out, reason));
        });
    }

    /** @param negative null for none */
    private record Encoded(List<Prompt> prompts, TextEmbedding negative) {}

    private static Encoded encoded(SamplePlan plan, List<String> texts, LateProgress reading) throws IOException {
        String avoided = plan.request().words().negative();
        try (PromptEncoder encoder = plan.encoder(reading.of("the text encoders read"))) {
            List<Prompt> prompts = PromptTexts.encoded(texts, 0, encoder, done -> reading.prompts(done, texts.size()));
            return new Encoded(prompts, avoided == null ? null : encoder.encode(avoided));
        }
    }

    private void draw(SamplePlan plan, List<String> texts, LateProgress reading) throws IOException {
        Encoded encoded = GivenException.reading(() -> encoded(plan, texts, reading));
        reading.end();
        Path path = request.out() == null
                ? RunFolder.create(Path.of(""), FOLDER, false).path()
                : Files.createDirectories(request.out());
        SampleFolder folder = new SampleFolder(path, plan.settings(Version.ofProject()));
        SampleFolder.Contents contents = plan.contents(encoded.prompts(), encoded.negative());
        int pictures = contents.pictures();
        Progress progress = new Progress(console, "step", 0, pictures * plan.steps());
        try (Painter painter = plan.painter()) {
            folder.fill(
                    painter,
                    contents,
                    done -> progress.update(done, "%d of %d pictures".formatted(done / plan.steps(), pictures)));
        } catch (IOException e) { // a full disk: nothing else is written here
            console.remark(
                    "tools/sample: %d of %d pictures are whole, in %s%n".formatted(folder.written(), pictures, path));
            throw e;
        }
        progress.end();
        console.print("pictures: %s%nseeds and commands: %s%ngrid: %s%n".formatted(path, folder.list(), folder.grid()));
    }
}

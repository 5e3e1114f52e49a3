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
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.model.Painter;
import mixgrpo.tools.model.PromptTexts;
import mixgrpo.tools.run.RunFolder;
import mixgrpo.tools.sample.Sample;
import mixgrpo.tools.sample.SampleFolder;
import mixgrpo.tools.sample.SampleModel;

/** Pictures of given prompts. */
final class SampleRun {

    private static final int OWN_PROMPTS = 6;

    /**
     * @param model folder of a run or of a model, or the built-in model's name
     * @param prompts given one by one
     * @param file with more prompts, or null
     * @param count pictures of each prompt
     * @param steps from noise to picture, or null for the model's own number
     * @param seed of the first picture of each prompt
     * @param out folder for the pictures, or null for a new one
     */
    record Request(String model, List<String> prompts, Path file, int count, Integer steps, long seed, Path out) {

        Request {
            prompts = List.copyOf(prompts);
            if (count < 1) {
                throw new IllegalArgumentException("--count: expected 1 or more, got " + count);
            }
            if (steps != null && steps < 1) {
                throw new IllegalArgumentException("--steps: expected 1 or more, got " + steps);
            }
            if (prompts.stream().anyMatch(String::isBlank)) {
                throw new IllegalArgumentException("--prompt: expected a text, got a blank one");
            }
        }
    }

    private final Request request;
    private final Console console;

    SampleRun(Request request, Console console) {
        this.request = request;
        this.console = console;
    }

    ExitCode call() throws Exception {
        List<String> texts = texts();
        checkOut();
        try (SampleModel model = open()) {
            List<Prompt> prompts;
            try (PromptEncoder encoder = model.openText()) {
                prompts = PromptTexts.encoded(texts, 0, encoder);
            }
            try (Painter painter = model.painter()) {
                draw(model, painter, prompts);
            }
        }
        return ExitCode.OK;
    }

    private List<String> texts() throws IOException {
        List<String> texts = new ArrayList<>(request.prompts());
        if (request.file() != null) {
            texts.addAll(PromptTexts.read(request.file(), "--prompts"));
        }
        if (texts.isEmpty()) {
            SceneSplit.developmentPrompts(OWN_PROMPTS).stream()
                    .map(ScenePrompt::text)
                    .forEach(texts::add);
        }
        return texts;
    }

    private void checkOut() throws IOException {
        if (request.out() == null || !Files.exists(request.out())) {
            return;
        }
        try (Stream<Path> files = Files.list(request.out())) {
            if (files.findAny().isPresent()) {
                throw new IllegalArgumentException(
                        "--out: %s holds files already, and pictures are not written over; name a new or an empty folder"
                                .formatted(request.out()));
            }
        }
    }

    private SampleModel open() {
        try {
            return SampleModel.open(request.model());
        } catch (IOException e) {
            throw new GivenException("--model: " + e.getMessage(), e);
        }
    }

    private void draw(SampleModel model, Painter painter, List<Prompt> prompts) throws IOException {
        int steps = request.steps() == null ? model.steps() : request.steps();
        SigmaSchedule schedule = model.schedule(steps);
        Sample.Settings settings = model.settings(request.model(), steps, Version.ofProject());
        Path path = request.out() == null
                ? RunFolder.create(Path.of(""), "samples", false).path()
                : Files.createDirectories(request.out());
        console.print("%s (%s): %d prompts x %d pictures, %d steps%n"
                .formatted(model.name(), model.weights(), prompts.size(), request.count(), steps));
        SampleFolder folder = new SampleFolder(path, settings);
        Progress progress = new Progress(console, "picture", 0, prompts.size() * request.count());
        folder.fill(
                painter,
                Plan.ode(schedule, DpmSolver.FIRST_ORDER),
                prompts,
                request.count(),
                request.seed(),
                done -> progress.update(done, ""));
        progress.end();
        console.print("pictures: %s%nseeds and commands: %s%ngrid: %s%n".formatted(path, folder.list(), folder.grid()));
    }
}

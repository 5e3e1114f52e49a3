package mixgrpo.tools.gpucheck;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import mixgrpo.tools.figures.Word;
import mixgrpo.tools.model.EngineKind;

/**
 * Which checks there are.
 *
 * @param home of the program, a checkout or a bundle
 * @param out folder of the report, in which commands run
 * @param profile that the program was built with; empty for none
 * @param exchanges of weights in a row
 */
public record CheckPlan(Path home, Path out, String profile, int exchanges) {

    /** The random transformer of FLUX's shape, in {@link #out}. */
    static final String FLUX = "flux-random";

    private static final int ITERATIONS = 6;

    /** All of them in the order in which they run; what this machine cannot do is among them, with the reason. */
    public List<CheckStep> steps(Ability ability) {
        List<CheckStep> steps = new ArrayList<>();
        steps.add(tool("doctor", "doctor", "--json"));
        steps.add(tests());
        steps.add(
                tool("export-onnx", "export", "onnx", "--model", FLUX, "--component", "transformer", "--out", "onnx"));
        for (EngineKind engine : ability.engines()) {
            for (String precision : precisions(engine)) {
                steps.add(engine(engine, precision, "scenes"));
                steps.add(engine(engine, precision, "flux"));
            }
            String mode = Word.of(engine.usualMode());
            steps.add(tool(
                    "sync-" + engine,
                    "bench",
                    "sync",
                    "--engine",
                    "" + engine,
                    "--sync-mode",
                    mode,
                    "--exchanges",
                    "" + exchanges,
                    "--large",
                    "--json",
                    "sync-%s.json".formatted(engine)));
            steps.add(tool(
                    "bench-" + engine,
                    "bench",
                    "engine",
                    "--engine",
                    "" + engine,
                    "--json",
                    "bench-%s.json".formatted(engine)));
        }
        training(ability, steps);
        return steps;
    }

    private CheckStep tool(String name, String tool, String... arguments) {
        List<String> command =
                new ArrayList<>(List.of(home.resolve("tools").resolve(tool).toString()));
        command.addAll(List.of(arguments));
        return new CheckStep(name, out, command);
    }

    /** The tests that need a GPU; they need the sources and Maven. */
    private CheckStep tests() {
        List<String> command = new ArrayList<>(List.of("mvn", "-B", "-ntp", "-fae", "-Dgroups=gpu", "verify"));
        if (!profile.isEmpty()) {
            command.add("-P" + profile);
        }
        CheckStep step = new CheckStep("tests", home, command);
        return Files.exists(home.resolve("pom.xml"))
                ? step
                : step.without("a bundle has no sources; run it from a checkout");
    }

    /** What the engines of a GPU compute in; ONNX Runtime has bfloat16 for a part of the operators only. */
    private static List<String> precisions(EngineKind engine) {
        return engine == EngineKind.ORT_CUDA ? List.of("fp32", "fp16") : List.of("fp32", "fp16", "bf16");
    }

    private CheckStep engine(EngineKind engine, String precision, String model) {
        String name = "export-%s-%s-%s".formatted(engine, precision, model);
        List<String> arguments = new ArrayList<>(List.of(
                "engine",
                "--engine",
                "" + engine,
                "--precision",
                precision,
                "--sync-mode",
                Word.of(engine.usualMode()),
                "--cache",
                "engines",
                "--out",
                name + ".json"));
        if (model.equals("flux")) {
            arguments.addAll(List.of("--model", FLUX, "--component", "transformer", "--batch", "1", "--side", "512"));
            arguments.addAll(List.of("--text-tokens", "128", "--no-stages"));
        }
        return tool(name, "export", arguments.toArray(String[]::new));
    }

    /** A short run with every engine, in each precision on a GPU, and one that trains in bfloat16. */
    private void training(Ability ability, List<CheckStep> steps) {
        List<EngineKind> engines = new ArrayList<>(ability.engines());
        engines.add(EngineKind.ORT_CPU);
        for (EngineKind engine : engines) {
            steps.add(run(ability, engine, "train-" + engine));
        }
        for (EngineKind engine : ability.engines()) {
            precisions(engine).stream()
                    .filter(precision -> !precision.equals("fp32"))
                    .map(precision -> run(
                            ability,
                            engine,
                            "train-%s-in-%s".formatted(engine, precision),
                            "rollout.precision=" + precision,
                            "loss.oldLogProb=auto"))
                    .forEach(steps::add);
        }
        steps.add(run(
                ability,
                EngineKind.ORT_CPU,
                "train-%s-bf16".formatted(EngineKind.ORT_CPU),
                "train.precision=bf16",
                "loss.oldLogProb=auto"));
    }

    private CheckStep run(Ability ability, EngineKind engine, String name, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "quickstart",
                "name=" + name,
                "device=gpu",
                "rollout.engine=" + engine,
                "sync.mode=" + Word.of(engine.usualMode()),
                "iterations=" + ITERATIONS,
                "maxMinutes=0",
                "evaluate.every=0",
                "evaluate.prompts=8",
                "evaluate.seeds=1"));
        arguments.addAll(List.of(more));
        CheckStep step = tool(name, "train", arguments.toArray(String[]::new))
                .withMetrics(out.resolve("runs").resolve(name).resolve("metrics.jsonl"));
        return ability.training().isEmpty() ? step : step.without(String.join("; ", ability.training()));
    }
}

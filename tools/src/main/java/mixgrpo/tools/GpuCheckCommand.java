package mixgrpo.tools;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import mixgrpo.runtime.engine.EngineUnavailableException;
import mixgrpo.tools.failure.GivenException;
import mixgrpo.tools.gpucheck.Ability;
import mixgrpo.tools.gpucheck.CheckPlan;
import mixgrpo.tools.gpucheck.CheckReport;
import mixgrpo.tools.gpucheck.GpuCheck;
import mixgrpo.tools.gpucheck.RandomFlux;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tools/gpu-check}: everything that only a GPU can show. */
@Command(
        customSynopsis = "tools/gpu-check [--out DIR] [--joint N] [--single N] [--exchanges N] [--timeout MINUTES]",
        description = {
            "Runs all checks that need an NVIDIA GPU and writes one report, report.md and report.json: tools/doctor; the tests for GPUs, from a"
                    + " checkout; engines of the built-in model and of a random transformer with the widths of FLUX.1-dev, built and verified in"
                    + " each precision; exchanges of weights, their time and what memory they leave; engines beside libtorch; and a short training"
                    + " on the GPU with each engine. MIXGRPO_PROFILE says what is there to check: cuda trains on a GPU, ort-cuda and tensorrt sample on it.",
            "Code 4 if there is nothing to check, with what is missing; code 3 if a check fails. The others run on."
        },
        footer = {
            "  MIXGRPO_PROFILE=cuda,ort-cuda tools/gpu-check",
            "  tools/gpu-check --joint 4 --single 8 --out large"
        })
final class GpuCheckCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "gpu-check",
            description =
                    "Folder for the report, logs and all that commands write; it must not exist. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(
            names = "--joint",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "Joint blocks of the random transformer, 0.34 billion parameters each. Default: ${DEFAULT-VALUE}.")
    private int joint;

    @Option(
            names = "--single",
            paramLabel = "N",
            defaultValue = "2",
            description = "Its single blocks, 0.14 billion parameters each. Default: ${DEFAULT-VALUE}.")
    private int single;

    @Option(
            names = "--exchanges",
            paramLabel = "N",
            defaultValue = "100",
            description = "Exchanges of weights in a row. Default: ${DEFAULT-VALUE}.")
    private int exchanges;

    @Option(
            names = "--timeout",
            paramLabel = "MINUTES",
            defaultValue = "30",
            description = "A check that takes longer is stopped and has failed. Default: ${DEFAULT-VALUE}.")
    private int timeout;

    @Override
    public Integer call() throws Exception {
        atLeastOne("--joint", joint);
        atLeastOne("--single", single);
        atLeastOne("--exchanges", exchanges);
        atLeastOne("--timeout", timeout);
        if (Files.exists(out)) {
            throw new GivenException("--out %s: exists already and is not overwritten".formatted(out));
        }
        String home = System.getProperty("mixgrpo.home");
        if (home == null) {
            throw new GivenException("-Dmixgrpo.home is not set; start this by tools/gpu-check");
        }
        Ability ability = Ability.ofMachine();
        if (ability.isNone()) {
            throw new EngineUnavailableException(
                    "no GPU can be checked here:%n  %s".formatted(String.join("%n  ".formatted(), ability.missing())));
        }
        Console console = Console.of(spec.commandLine());
        CheckPlan plan = new CheckPlan(
                Path.of(home), out.toAbsolutePath(), System.getenv().getOrDefault("MIXGRPO_PROFILE", ""), exchanges);
        CheckReport report = new GpuCheck(
                        plan,
                        ability,
                        RandomFlux.of(joint, single),
                        Duration.ofMinutes(timeout),
                        new Version().getVersion()[0])
                .run(console::remark);
        console.print("%s%nreport: %s%n"
                .formatted(
                        "%s, %d skipped"
                                .formatted(report.passed() ? "no check failed" : "CHECKS FAILED", report.skipped()),
                        out.resolve("report.md")));
        return (report.passed() ? ExitCode.OK : ExitCode.CHECK).code();
    }

    private static void atLeastOne(String option, int value) {
        if (value < 1) {
            throw new GivenException("%s: expected 1 or more, got %d".formatted(option, value));
        }
    }
}

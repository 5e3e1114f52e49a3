package mixgrpo.tools;

import java.util.concurrent.Callable;
import mixgrpo.tools.doctor.DoctorText;
import mixgrpo.tools.doctor.Examination;
import mixgrpo.tools.model.EngineKind;
import mixgrpo.trainer.config.RolloutConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code tools/doctor}: what of this machine fits. */
@Command(
        customSynopsis = "tools/doctor [--engine NAME] [--json]",
        description = {
            "Says what this machine has of what training and sampling need, and what to do where something does not fit: Java, native"
                    + " libraries, engines, GPUs and their driver, memory, disk. What it prints is made to be pasted into a bug report."
                    + " Code 4 if training and sampling do not work, or the engine that was asked for cannot run."
        },
        footer = {"  tools/doctor", "  tools/doctor --engine ort-cuda", "  tools/doctor --json"})
final class DoctorCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--engine",
            paramLabel = "NAME",
            description = "Engine that must be able to run: ${COMPLETION-CANDIDATES}. Default: any.")
    private RolloutConfig.Engine engine;

    @Option(names = "--json", description = "Print JSON. Default: text.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        String heading = new Version().getVersion()[0];
        Examination examination = Examination.ofMachine();
        Console console = Console.of(spec.commandLine());
        console.print(json ? DoctorText.json(heading, examination) : DoctorText.of(heading, examination));
        if (engine != null) {
            EngineKind.asked("--engine", engine);
        }
        return (examination.isSound() ? ExitCode.OK : ExitCode.UNAVAILABLE).code();
    }
}

package mixgrpo.tools;

import java.util.concurrent.Callable;
import mixgrpo.tools.export.Verifier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code tools/export verify}: holds the engines of a model against the reference. */
@Command(
        name = "verify",
        customSynopsis = {
            "tools/export verify [--model DIR] [--variant NAME] [--component NAME,...] [--engine NAME]",
            "    [--precision fp32|fp16|int8] [--form ort|portable]",
            "    [--sync-mode auto|session|inputs|refit] [--reference eager|ort] [--batch N]",
            "    [--side N] [--text-tokens N] [--seed N] [--no-stages] [--threads N]",
            "    [--out FILE]"
        },
        description = {
            "Makes an engine of each network and compares it with the reference on seeded inputs: every output, and every stage on a second"
                    + " engine that shows inner values. Then the engine gets changed weights, as in training, and must follow. Code 3 if"
                    + " something is beyond its tolerance."
        },
        footer = {
            "  tools/export verify",
            "  tools/export verify --model FLUX.1-dev --component transformer --batch 1",
            "  tools/export verify --precision int8 --out report.json"
        })
final class ExportVerifyCommand implements Callable<Integer> {

    @Mixin
    private Shared shared;

    @Mixin
    private VerifyOptions options;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        return options.run(spec, "verifying", (plan, progress) -> new Verifier(plan).run(progress));
    }
}

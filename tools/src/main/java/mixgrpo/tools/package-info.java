/**
 * The commands: picocli's main, one class per command, and the one place that turns a failure into a message and an exit code. What a
 * command does is in the class that it makes, {@code TrainRun} for {@code TrainCommand}.
 */
package mixgrpo.tools;

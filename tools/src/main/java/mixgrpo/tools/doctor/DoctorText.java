package mixgrpo.tools.doctor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import mixgrpo.tools.figures.Word;

/** An examination as it is pasted into a bug report, and for programs. Names no user, host or environment but the folders it looked at. */
public final class DoctorText {

    private DoctorText() {}

    /** @param heading the program's and the system's versions */
    public static String of(String heading, Examination examination) {
        StringBuilder text = new StringBuilder("%s%n".formatted(heading));
        for (Check check : examination.checks()) {
            text.append("%-8s %-16s %s%n".formatted(Word.of(check.state()), check.subject(), check.found()));
            if (!check.advice().isEmpty()) {
                for (String line : check.advice().split("; ")) {
                    text.append("%-8s %-16s   %s%n".formatted("", "", line));
                }
            }
        }
        return text.append(
                        examination.isSound()
                                ? "Training and sampling work here.%n".formatted()
                                : "Training and sampling do not work here; what is broken comes first to mend.%n"
                                        .formatted())
                .toString();
    }

    /** @param heading as for {@link #of} */
    public static String json(String heading, Examination examination) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("version", heading).put("sound", examination.isSound());
        ArrayNode checks = json.putArray("checks");
        for (Check check : examination.checks()) {
            checks.addObject()
                    .put("subject", check.subject())
                    .put("state", Word.of(check.state()))
                    .put("found", check.found())
                    .put("advice", check.advice());
        }
        return json.toPrettyString() + System.lineSeparator();
    }
}

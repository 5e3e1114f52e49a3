package mixgrpo.trainer.policy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import mixgrpo.solvers.plan.Transition;

/**
 * One input of the network and the images whose outcomes its output explains.
 *
 * @param position of the step in the window
 * @param before the latents
 * @param members images that took the step from these latents: numbers within the shard
 */
record Row(int position, Transition transition, float[] before, int[] members) {

    /**
     * The rows that some images need, step by step, of the steps that they are trained on: one for a step whose latents the group
     * shares, one per image for the others.
     *
     * @param images numbers within the group
     * @param wanted which of these images count, numbers within {@code images}
     */
    static List<Row> of(List<Transition> transitions, int[] images, int[] wanted) {
        List<Row> rows = new ArrayList<>();
        for (int position = 0; position < transitions.size(); position++) {
            Transition transition = transitions.get(position);
            int[] trained = Arrays.stream(wanted)
                    .filter(member -> transition.trains(images[member]))
                    .toArray();
            if (trained.length > 0 && transition.before().length == 1) {
                rows.add(new Row(position, transition, transition.before()[0], trained));
            } else {
                for (int member : trained) {
                    rows.add(new Row(position, transition, transition.before(images[member]), new int[] {member}));
                }
            }
        }
        return rows;
    }
}

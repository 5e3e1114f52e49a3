package mixgrpo.trainer.policy;

import java.util.ArrayList;
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
     * The rows that some images need, step by step: one for a step whose latents the group shares, one per image for the others.
     *
     * @param images numbers within the group
     * @param wanted which of these images count, numbers within {@code images}
     */
    static List<Row> of(List<Transition> transitions, int[] images, int[] wanted) {
        List<Row> rows = new ArrayList<>();
        for (int position = 0; position < transitions.size() && wanted.length > 0; position++) {
            Transition transition = transitions.get(position);
            if (transition.before().length == 1) {
                rows.add(new Row(position, transition, transition.before()[0], wanted));
            } else {
                for (int member : wanted) {
                    rows.add(new Row(position, transition, transition.before(images[member]), new int[] {member}));
                }
            }
        }
        return rows;
    }
}

package mixgrpo.runtime.scenes;

import java.util.ArrayList;
import java.util.List;
import mixgrpo.runtime.scenes.ScenePrompt.Group;
import org.apache.commons.rng.UniformRandomProvider;

/** What a picture shows: a plain background (packed RGB) and objects on it, in the order of the prompt. */
public record Scene(int background, List<Item> items) {
    /** Width and height of every picture, in pixels. */
    public static final int SIDE = 64;

    /** Objects of a relation are this far apart along it, and at most {@link #SLANT} of that across. */
    private static final double RELATION_DISTANCE = 14;

    private static final double SLANT = .8;
    private static final int TRIES_TO_PLACE = 40;
    private static final int TRIES_TO_ARRANGE = 100_000;

    /** One object: centre and radius in pixels, y down; packed RGB. */
    public record Item(Colour colour, Shape shape, double x, double y, double radius, int rgb) {}

    public Scene {
        items = List.copyOf(items);
    }

    /** A random scene that satisfies the prompt; objects stay apart and clear of the border. */
    public static Scene arrange(ScenePrompt prompt, UniformRandomProvider random) {
        for (int attempt = 0; attempt < TRIES_TO_ARRANGE; attempt++) {
            List<Item> items = place(prompt, random);
            if (items.size() == prompt.objects() && related(prompt, items)) {
                int background =
                        Colour.rgb(random.nextDouble(0, 360), random.nextDouble(0, .06), random.nextDouble(.92, 1));
                return new Scene(background, items);
            }
        }
        throw new IllegalStateException("no place found for '%s' in %d attempts".formatted(prompt, TRIES_TO_ARRANGE));
    }

    /** Places one object after the other; gives fewer than asked for if one finds no room. */
    private static List<Item> place(ScenePrompt prompt, UniformRandomProvider random) {
        List<Item> items = new ArrayList<>();
        for (Group group : prompt.groups()) {
            for (int i = 0; i < group.count(); i++) {
                double radius = random.nextDouble(
                        group.size().smallestRadius(), group.size().largestRadius(prompt.objects()));
                int rgb = Colour.rgb(
                        group.colour().hue() + random.nextDouble(-5, 5),
                        random.nextDouble(.8, 1),
                        random.nextDouble(.78, .95));
                double margin = Shape.REACH * radius + 1;
                Item item;
                int tries = 0;
                do {
                    item = new Item(
                            group.colour(),
                            group.shape(),
                            random.nextDouble(margin, SIDE - margin),
                            random.nextDouble(margin, SIDE - margin),
                            radius,
                            rgb);
                } while (!fits(item, items) && ++tries < TRIES_TO_PLACE);
                if (tries == TRIES_TO_PLACE) {
                    return items;
                }
                items.add(item);
            }
        }
        return items;
    }

    private static boolean fits(Item item, List<Item> others) {
        return others.stream()
                .allMatch(other -> Math.hypot(item.x() - other.x(), item.y() - other.y())
                        > 1.25 * (item.radius() + other.radius()) + 2);
    }

    private static boolean related(ScenePrompt prompt, List<Item> items) {
        if (prompt.relation().isEmpty()) {
            return true;
        }
        double dx = items.get(0).x() - items.get(1).x();
        double dy = items.get(0).y() - items.get(1).y();
        double along = prompt.relation().get().along(dx, dy);
        return along >= RELATION_DISTANCE && prompt.relation().get().across(dx, dy) <= SLANT * along;
    }
}

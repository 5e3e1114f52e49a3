package mixgrpo.solvers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import mixgrpo.solvers.plan.Plan;
import mixgrpo.solvers.plan.PlanExecutor;
import mixgrpo.solvers.plan.Planner;
import mixgrpo.solvers.plan.Post;
import mixgrpo.solvers.plan.StepNoise;
import mixgrpo.solvers.plan.Trajectory;
import mixgrpo.solvers.plan.Transition;
import mixgrpo.solvers.plan.Velocity;
import mixgrpo.solvers.schedule.SigmaSchedule;
import mixgrpo.solvers.step.DpmSolver;
import mixgrpo.solvers.step.Kernel;
import mixgrpo.solvers.window.TrainedSteps;
import mixgrpo.solvers.window.Window;
import org.junit.jupiter.api.Test;

class PlanExecutorTest {

    private static final GaussianTarget TARGET = new GaussianTarget(new double[] {.5, -1, .25}, .6);

    private static final Velocity VELOCITY = (step, rows) -> {
        float[][] velocities = new float[rows.length][];
        for (int row = 0; row < rows.length; row++) {
            velocities[row] = TARGET.velocity(rows[row], step.modelSigma());
        }
        return velocities;
    };

    private static final StepNoise NOISE = (step, image, target) -> {
        Random random = new Random(1000L * step.index() + image);
        for (int i = 0; i < target.length; i++) {
            target[i] = (float) random.nextGaussian();
        }
    };

    private static final Planner MIX = Planner.of(SigmaSchedule.shifted(10, 3), Kernel.flow(.7));

    private static float[][] rows(Random random, int count, int elements) {
        float[][] rows = new float[count][];
        for (int row = 0; row < count; row++) {
            rows[row] = Goldens.floats(Seeded.gaussians(random, elements));
        }
        return rows;
    }

    private static float[][] repeated(float[][] rows, int times) {
        float[][] repeated = new float[rows.length * times][];
        for (int i = 0; i < repeated.length; i++) {
            repeated[i] = rows[i / times].clone();
        }
        return repeated;
    }

    private static Planner anyPlanner(Random random) {
        Kernel[] kernels = {Kernel.flow(.7), Kernel.dance(.3), Kernel.cps(.8)};
        return Planner.of(SigmaSchedule.shifted(12, 3), kernels[random.nextInt(3)])
                .with(new Post(
                        DpmSolver.plusPlus(1 + random.nextInt(3)),
                        1 - random.nextInt(8) / 10.0,
                        Post.History.values()[random.nextInt(2)],
                        Post.Count.STEPS));
    }

    @Test
    void sharedRolloutEqualsUnsharedBitForBit() {
        Seeded.forEach(100, random -> {
            Planner planner = anyPlanner(random);
            int start = random.nextInt(12);
            Window window = new Window(start, start + 1 + random.nextInt(12 - start));
            int groups = 1 + random.nextInt(3);
            int images = 1 + random.nextInt(4);
            float[][] noise = rows(random, groups, 1 + random.nextInt(40));
            Trajectory shared = PlanExecutor.run(planner.plan(window), noise, images, VELOCITY, NOISE);
            Trajectory unshared = PlanExecutor.run(
                    Variants.unshared(planner).plan(window), repeated(noise, images), images, VELOCITY, NOISE);
            assertArrayEquals(unshared.rows(), shared.rows());
            assertEquals(window.size(), shared.transitions().size());
            for (int k = 0; k < window.size(); k++) {
                Transition one = shared.transitions().get(k);
                Transition other = unshared.transitions().get(k);
                assertArrayEquals(other.logProbs(), one.logProbs());
                assertArrayEquals(other.after(), one.after());
                for (int image = 0; image < groups * images; image++) {
                    assertArrayEquals(other.before(image), one.before(image));
                }
            }
        });
    }

    @Test
    void imagesDoNotDependOnTheBatch() {
        Seeded.forEach(30, random -> {
            Plan plan = anyPlanner(random).plan(new Window(2, 5));
            float[][] noise = rows(random, 3, 7);
            Trajectory together = PlanExecutor.run(plan, noise, 2, VELOCITY, NOISE);
            for (int group = 0; group < 3; group++) {
                int first = 2 * group;
                StepNoise itsNoise = (step, image, target) -> NOISE.fill(step, first + image, target);
                Trajectory alone = PlanExecutor.run(plan, new float[][] {noise[group]}, 2, VELOCITY, itsNoise);
                assertArrayEquals(together.rows()[first], alone.rows()[0]);
                assertArrayEquals(together.rows()[first + 1], alone.rows()[1]);
            }
        });
    }

    @Test
    void networkSeesAsManyRowsAsThePlanCounts() {
        Seeded.forEach(50, random -> {
            int start = random.nextInt(8);
            Plan plan = anyPlanner(random).plan(new Window(start, start + 3));
            AtomicLong seen = new AtomicLong();
            Velocity counting = (step, rows) -> {
                seen.addAndGet(rows.length);
                return VELOCITY.at(step, rows);
            };
            PlanExecutor.run(plan, rows(random, 2, 5), 4, counting, NOISE);
            assertEquals(2 * plan.networkRows(4), seen.get());
        });
    }

    @Test
    void logProbsAreThoseOfTheKeptLatents() {
        Seeded.forEach(50, random -> {
            Plan plan = anyPlanner(random).plan(new Window(3, 6));
            Trajectory trajectory = PlanExecutor.run(plan, rows(random, 2, 33), 3, VELOCITY, NOISE);
            for (Transition transition : trajectory.transitions()) {
                for (int image = 0; image < 6; image++) {
                    float[] before = transition.before(image);
                    float[] velocity = TARGET.velocity(before, transition.step().modelSigma());
                    double[] mean = DoubleSteps.mean(
                            transition.step().coefficients(),
                            Goldens.doubles(before),
                            Goldens.doubles(velocity),
                            List.of());
                    double deviation =
                            DoubleSteps.meanSquare(Goldens.doubles(transition.after()[image]), mean);
                    assertEquals(
                            transition.step().logProb().of(deviation),
                            transition.logProbs()[image],
                            5e-6);
                }
            }
        });
    }

    @Test
    void neighbouringTransitionsShareTheirLatents() {
        Trajectory trajectory =
                PlanExecutor.run(MIX.plan(new Window(2, 5)), rows(new Random(1), 2, 4), 3, VELOCITY, NOISE);
        List<Transition> transitions = trajectory.transitions();
        assertEquals(2, transitions.get(0).before().length);
        assertEquals(6, transitions.get(0).after().length);
        for (int image = 0; image < 6; image++) {
            assertSame(transitions.get(0).after()[image], transitions.get(1).before()[image]);
            assertSame(transitions.get(1).after()[image], transitions.get(2).before()[image]);
        }
    }

    @Test
    void keptLatentsAndTheStartAreLeftAlone() {
        Seeded.forEach(30, random -> {
            Plan plan = anyPlanner(random).plan(new Window(0, 2));
            float[][] noise = rows(random, 1, 6);
            float[][] copy = repeated(noise, 1);
            Trajectory whole = PlanExecutor.run(plan, noise, 2, VELOCITY, NOISE);
            assertArrayEquals(copy, noise);
            Transition last = whole.transitions().get(1);
            Trajectory cut = PlanExecutor.run(new Plan(plan.steps().subList(0, 2)), noise, 2, VELOCITY, NOISE);
            assertArrayEquals(cut.rows(), last.after());
        });
    }

    @Test
    void groupThatNeverDivergesStaysOneRow() {
        Plan plan = MIX.plan(new Window(4, 4));
        assertEquals(
                2,
                PlanExecutor.run(plan, rows(new Random(1), 2, 4), 3, VELOCITY, NOISE)
                        .rows()
                        .length);
    }

    @Test
    void whatIsNotTrainedIsNotKept() {
        Seeded.forEach(50, random -> {
            TrainedSteps part = TrainedSteps.random(12, .5, random.nextLong());
            Plan plan = anyPlanner(random).with(part).plan(new Window(0, 11));
            float[][] noise = rows(random, 2, 5);
            Trajectory whole = PlanExecutor.run(plan, noise, 3, VELOCITY, NOISE);
            Trajectory kept = PlanExecutor.run(
                    plan, noise, 3, VELOCITY, NOISE, (step, image) -> IntStream.of(plan.trainedSteps(4, image))
                            .anyMatch(i -> i == step.index()));
            assertArrayEquals(whole.rows(), kept.rows());
            assertEquals(5, plan.trainedPerImage());
            for (int image = 0; image < 6; image++) {
                int trained = 0;
                for (int k = 0; k < 11; k++) {
                    Transition all = whole.transitions().get(k);
                    Transition own = kept.transitions().get(k);
                    if (own.trains(image)) {
                        trained++;
                        assertArrayEquals(all.before(image), own.before(image));
                        assertArrayEquals(all.after()[image], own.after()[image]);
                        assertEquals(all.logProbs()[image], own.logProbs()[image]);
                    } else {
                        assertNull(own.after()[image]);
                        assertTrue(own.step().shared() || own.before(image) == null);
                        assertTrue(Double.isNaN(own.logProbs()[image]));
                    }
                }
                assertEquals(5, trained);
            }
        });
    }

    @Test
    void callerStopsByThrowing() {
        Velocity stopping = (step, rows) -> {
            if (step.index() == 3) {
                throw new CancellationException();
            }
            return VELOCITY.at(step, rows);
        };
        Plan plan = MIX.plan(new Window(1, 4));
        float[][] noise = rows(new Random(1), 1, 4);
        assertThrows(CancellationException.class, () -> PlanExecutor.run(plan, noise, 2, stopping, NOISE));
    }

    @Test
    void rowsOfAnotherShapeAreRefused() {
        Plan plan = MIX.plan(new Window(1, 4));
        Plan unshared = Variants.unshared(MIX).plan(new Window(1, 4));
        float[][] three = rows(new Random(1), 3, 4);
        float[][] uneven = {new float[2], new float[3]};
        assertThrows(IllegalArgumentException.class, () -> PlanExecutor.run(plan, new float[0][], 2, VELOCITY, NOISE));
        assertThrows(IllegalArgumentException.class, () -> PlanExecutor.run(plan, uneven, 2, VELOCITY, NOISE));
        assertThrows(IllegalArgumentException.class, () -> PlanExecutor.run(unshared, three, 2, VELOCITY, NOISE));
        Velocity wrong = (step, rows) -> new float[rows.length][3];
        assertThrows(IllegalStateException.class, () -> PlanExecutor.run(plan, three, 2, wrong, NOISE));
    }
}

package mixgrpo.solvers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import mixgrpo.solvers.schedule.DynamicShift;
import mixgrpo.solvers.schedule.ModelTime;
import mixgrpo.solvers.schedule.SigmaSchedule;
import org.junit.jupiter.api.Test;

class SigmaScheduleTest {

    @Test
    void trainersScheduleIsTheTabulatedOne() {
        double[] table = {
            1, .9863, .9718, .9565, .9403, .9231, .9048, .8852, .8644, .8421, .8182, .7925, .7647, .7347, .7021, .6667,
            .6279, .5854, .5385, .4865, .4286, .3636, .2903, .2069, .1111, 0
        };
        assertArrayEquals(table, SigmaSchedule.shifted(25, 3).sigmas(), 1e-4);
    }

    @Test
    void schedulesFallAndEndAtZero() {
        Seeded.forEach(200, random -> {
            int steps = 1 + random.nextInt(60);
            double shift = .2 + 6 * random.nextDouble();
            for (SigmaSchedule schedule : List.of(
                    SigmaSchedule.shifted(steps, shift),
                    SigmaSchedule.sd3Pipeline(steps, shift),
                    SigmaSchedule.dynamic(steps, DynamicShift.FLUX, 16 + random.nextInt(8000)))) {
                double[] sigmas = schedule.sigmas();
                assertEquals(1, sigmas[0]);
                assertEquals(0, sigmas[steps]);
                for (int i = 0; i < steps; i++) {
                    assertTrue(sigmas[i] > sigmas[i + 1], "falls at " + i);
                    double told = schedule.modelSigma(i, ModelTime.OFFICIAL_FLOOR);
                    assertTrue(told <= sigmas[i] + 1e-6 && told > sigmas[i] - .0011, "floor at " + i);
                }
            }
        });
    }

    @Test
    void asManyStepsAsBeforeThinNothing() {
        Seeded.forEach(100, random -> {
            int steps = 2 + random.nextInt(40);
            int from = random.nextInt(steps);
            int to = from + 1 + random.nextInt(steps - from);
            for (SigmaSchedule schedule : List.of(
                    SigmaSchedule.shifted(steps, 3),
                    SigmaSchedule.sd3Pipeline(steps, 3),
                    SigmaSchedule.of(SigmaSchedule.shifted(steps, 2).sigmas()))) {
                assertEquals(schedule, schedule.thinned(from, to, to - from));
                SigmaSchedule thinned = schedule.thinned(from, to, 1);
                assertEquals(steps - (to - from) + 1, thinned.steps());
                assertEquals(schedule.sigma(from), thinned.sigma(from));
                assertEquals(schedule.sigma(to), thinned.sigma(from + 1));
                assertEquals(0, thinned.sigma(thinned.steps()));
            }
        });
    }

    @Test
    void thinningAListTakesItsOwnLevels() {
        SigmaSchedule list = SigmaSchedule.of(1, .9, .5, .2, .1, 0);
        assertEquals(SigmaSchedule.of(1, .9, .2, 0), list.thinned(1, 5, 2));
    }

    @Test
    void listsThatDoNotFallToZeroAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> SigmaSchedule.of(1, .5, .5, 0));
        assertThrows(IllegalArgumentException.class, () -> SigmaSchedule.of(1, .5));
        assertThrows(IllegalArgumentException.class, () -> SigmaSchedule.of(1.1, 0));
        assertThrows(IllegalArgumentException.class, () -> SigmaSchedule.of(.5, Double.NaN, 0));
        assertThrows(IllegalArgumentException.class, () -> SigmaSchedule.of(0));
    }

    @Test
    void impossibleSchedulesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> SigmaSchedule.shifted(0, 3));
        assertThrows(IllegalArgumentException.class, () -> SigmaSchedule.shifted(4, 0));
        assertThrows(IllegalArgumentException.class, () -> SigmaSchedule.shifted(4, Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> SigmaSchedule.shifted(4, 3)
                .thinned(1, 3, 0));
        assertThrows(IllegalArgumentException.class, () -> SigmaSchedule.shifted(4, 3)
                .thinned(3, 2, 1));
    }
}

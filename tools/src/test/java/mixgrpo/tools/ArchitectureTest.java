package mixgrpo.tools;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.junit.LocationProvider;
import com.tngtech.archunit.lang.ArchRule;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.stream.Collectors;

/** What the POMs cannot hold: third-party types stay in their module, and packages do not go round in circles. */
@AnalyzeClasses(locations = ArchitectureTest.Modules.class, importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    /** Where the modules' own classes lie; looking for them in every library takes ten times as long. */
    static final class Modules implements LocationProvider {
        @Override
        public Set<Location> get(Class<?> test) {
            return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                    .map(Path::of)
                    .filter(path ->
                            path.startsWith(Path.of("..").toAbsolutePath().normalize()))
                    .filter(path -> !path.toString().endsWith("-tests.jar"))
                    .map(Modules::location)
                    .collect(Collectors.toSet());
        }

        /** A folder of classes, or the jar that Maven has made of it by the time it verifies. */
        private static Location location(Path path) {
            if (!path.toString().endsWith(".jar")) {
                return Location.of(path);
            }
            try (JarFile jar = new JarFile(path.toFile())) {
                return Location.of(jar);
            } catch (IOException e) {
                throw new UncheckedIOException(path + " cannot be read", e);
            }
        }
    }

    @ArchTest
    static final ArchRule solversNeedTheJdkOnly = classes()
            .that()
            .resideInAPackage("mixgrpo.solvers..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("mixgrpo.solvers..", "java..");

    @ArchTest
    static final ArchRule modelsKnowNoEngine = classes()
            .that()
            .resideInAPackage("mixgrpo.models..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("mixgrpo.models..", "java..", "com.fasterxml.jackson..", "net.razorvine..");

    @ArchTest
    static final ArchRule arraysOfDjlStayInTheTrainer = noClasses()
            .that()
            .resideOutsideOfPackage("mixgrpo.trainer..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("ai.djl.ndarray..", "ai.djl.pytorch..", "ai.djl.training..", "ai.djl.nn..");

    @ArchTest
    static final ArchRule onnxRuntimeStaysInTheRuntime = noClasses()
            .that()
            .resideOutsideOfPackage("mixgrpo.runtime..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("ai.onnxruntime..");

    @ArchTest
    static final ArchRule tensorRtStaysInItsPackage = noClasses()
            .that()
            .resideOutsideOfPackage("mixgrpo.runtime.tensorrt..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.bytedeco..");

    @ArchTest
    static final ArchRule commandLineAndServerStayInTheTools = noClasses()
            .that()
            .resideOutsideOfPackage("mixgrpo.tools..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "picocli..", "org.eclipse.jetty..", "jakarta.servlet..", "org.yaml..", "mixgrpo.tools..");

    @ArchTest
    static final ArchRule exporterKnowsModelsAndEngines = classes()
            .that()
            .resideInAPackage("mixgrpo.exporter..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("mixgrpo.exporter..", "mixgrpo.models..", "mixgrpo.runtime..", "java..");

    @ArchTest
    static final ArchRule trainerKnowsNeitherExporterNorFormats = noClasses()
            .that()
            .resideInAPackage("mixgrpo.trainer..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("mixgrpo.exporter..", "com.fasterxml.jackson..");

    @ArchTest
    static final ArchRule packagesAreFreeOfCycles =
            slices().matching("mixgrpo.(**)").should().beFreeOfCycles();

    @ArchTest
    static void everyPackageSaysWhatItIsAbout(JavaClasses all) {
        for (JavaPackage folder : all.getDefaultPackage().getPackage("mixgrpo").getSubpackagesInTree()) {
            boolean hasClasses = folder.getClasses().stream()
                    .anyMatch(type -> !type.getSimpleName().equals("package-info"));
            assertTrue(
                    !hasClasses || folder.tryGetPackageInfo().isPresent(),
                    folder.getName() + " has no package-info.java");
        }
    }

    @ArchTest
    static void allModulesAreLookedAt(JavaClasses all) {
        for (String module : new String[] {"solvers", "models", "runtime", "exporter", "trainer", "tools"}) {
            assertTrue(all.containPackage("mixgrpo." + module), module);
        }
    }
}

/**
 * All checks that need a GPU in one go, each the command that a user would call, in a process of its own; one report of what came of them.
 */
package mixgrpo.tools.gpucheck;

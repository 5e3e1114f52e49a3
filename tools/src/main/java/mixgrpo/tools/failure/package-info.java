/** Failures that end a command with a code of their own, for the code below the commands to throw. */
package mixgrpo.tools.failure;

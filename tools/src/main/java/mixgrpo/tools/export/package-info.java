/**
 * Networks of a model folder as files for inference engines, one by one, and what is in such files. The graphs are made by the exporter; the
 * commands' arguments are left to the commands.
 */
package mixgrpo.tools.export;

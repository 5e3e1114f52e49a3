/**
 * Networks of a model folder as files for inference engines, one by one, what is in such files, and engines: built, tried on seeded inputs, and what
 * came of it. Graphs are made and arrays compared by the exporter; the commands' arguments are left to the commands.
 */
package mixgrpo.tools.export;

/** How commands give their results: words, numbers with units for people, records as JSON for programs. */
package mixgrpo.tools.figures;

/** A person's own file, known when their worker starts. */
declare module 'ensemble-own-workflows' {}

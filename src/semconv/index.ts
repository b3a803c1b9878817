// Attribute names and enum values of the spans that Chronicle writes. The whole folder imports nothing.
// Everything in attributes.ts is public and generated, so the star hides no export that a review should see.
export * from './attributes.js';

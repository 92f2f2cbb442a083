/** Bottleneck without its Redis part, which would drag a require() into browsers; it comes without types of its own. */
declare module 'bottleneck/light.js' {
  export { default } from 'bottleneck';
}

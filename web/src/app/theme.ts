/** The look: colours that pass AA in both themes, type, shape. Read by the build too, which makes a stylesheet of it. */
import { createTheme, type ConvertCSSVariablesInput, type MantineColorsTuple, type MantineTheme } from "@mantine/core";

const pine: MantineColorsTuple = [
  "#eaf6f3",
  "#d5eae5",
  "#a9d6cc",
  "#79c1b2",
  "#4fac9b",
  "#2c9484",
  "#177a6c",
  "#0b6157",
  "#074d45",
  "#043a34",
];
// Greys with a little warmth, as paper has.
const gray: MantineColorsTuple = [
  "#faf9f6",
  "#f3f1ec",
  "#e8e5de",
  "#d9d5cc",
  "#bfbab0",
  "#98928a",
  "#716c65",
  "#55514b",
  "#3a3733",
  "#23211f",
];
const dark: MantineColorsTuple = [
  "#e9e6e0",
  "#c4c0b8",
  "#a39e96",
  "#7b766f",
  "#4b4844",
  "#383633",
  "#2b2927",
  "#1e1d1b",
  "#171615",
  "#100f0e",
];

export const theme = createTheme({
  colors: { pine, gray, dark },
  primaryColor: "pine",
  primaryShade: { light: 7, dark: 6 },
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, monospace',
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "1.625rem", lineHeight: "1.25" },
      h2: { fontSize: "1.1875rem", lineHeight: "1.35" },
      h3: { fontSize: "1rem", lineHeight: "1.4" },
    },
  },
  defaultRadius: "md",
  radius: { xs: "4px", sm: "6px", md: "8px", lg: "12px", xl: "20px" },
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
  components: {
    // Locking would write a <style> element; our own stylesheet keeps the page behind still.
    Modal: { defaultProps: { lockScroll: false, centered: true } },
    Drawer: { defaultProps: { lockScroll: false } },
    Anchor: { defaultProps: { underline: "always" } },
  },
});

/** What Mantine's own choice of shades leaves below 4.5 : 1, and the surfaces. */
export function variables(whole: MantineTheme): ConvertCSSVariablesInput {
  const { gray, dark, pine, red } = whole.colors;
  return {
    variables: {},
    light: {
      "--mantine-color-body": gray?.[0] ?? "",
      "--mantine-color-text": gray?.[9] ?? "",
      "--mantine-color-dimmed": gray?.[6] ?? "",
      "--mantine-color-placeholder": gray?.[6] ?? "",
      "--mantine-color-error": red?.[9] ?? "",
      "--mantine-color-anchor": pine?.[7] ?? "",
      "--surface": "#ffffff",
      "--surface-sunken": gray?.[1] ?? "",
      "--line": gray?.[2] ?? "",
    },
    dark: {
      "--mantine-color-body": dark?.[8] ?? "",
      "--mantine-color-text": dark?.[0] ?? "",
      "--mantine-color-dimmed": dark?.[2] ?? "",
      "--mantine-color-placeholder": dark?.[2] ?? "",
      "--mantine-color-error": red?.[4] ?? "",
      "--mantine-color-anchor": pine?.[3] ?? "",
      "--surface": dark?.[7] ?? "",
      "--surface-sunken": dark?.[9] ?? "",
      "--line": dark?.[5] ?? "",
    },
  };
}

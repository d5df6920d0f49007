import { createTheme, type MantineColorsTuple, rem } from '@mantine/core';

const accent: MantineColorsTuple = ['#edf4ff', '#dbe8fe', '#b4cffb', '#8ab4f8', '#6a9df4', '#4a86ec', '#2f70dc', '#1d5fc4', '#174ea3', '#123e82'];
const gray: MantineColorsTuple = ['#f8f9fa', '#f2f3f5', '#e7e9ec', '#d9dce1', '#c3c8cf', '#a3aab4', '#7b838f', '#5b6370', '#3d444e', '#22272e'];
const dark: MantineColorsTuple = ['#e4e6e9', '#c4c9d0', '#9aa2ad', '#6d7581', '#3b4149', '#2c3036', '#22262b', '#1b1e22', '#15171a', '#101214'];

/** Neutral greys, one blue accent; green, amber and red only where they mean something. */
export const theme = createTheme({
  fontFamily: '"Golos Text Variable", "Golos Text", system-ui, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "DejaVu Sans Mono", Consolas, monospace',
  fontSizes: { xs: rem(13), sm: rem(13), md: rem(14), lg: rem(16), xl: rem(18) },
  lineHeights: { xs: '1.35', sm: '1.35', md: '1.35', lg: '1.35', xl: '1.3' },
  headings: { fontWeight: '600', sizes: { h1: { fontSize: rem(18) }, h2: { fontSize: rem(16) }, h3: { fontSize: rem(14) } } },
  spacing: { xs: rem(8), sm: rem(12), md: rem(16), lg: rem(20), xl: rem(28) },
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 6 },
  colors: { accent, gray, dark },
  defaultRadius: 6,
  cursorType: 'pointer',
  components: {
    Button: { defaultProps: { size: 'xs' }, styles: { root: { fontWeight: 500 } } },
    TextInput: { defaultProps: { size: 'xs' } },
    PasswordInput: { defaultProps: { size: 'xs' } },
    Textarea: { defaultProps: { size: 'xs' } },
    // The list itself is scrolled: a box around it could be reached by no key.
    Select: { defaultProps: { size: 'xs', selectFirstOptionOnChange: true, comboboxProps: { shadow: 'sm' }, withScrollArea: false }, styles: { options: { maxHeight: rem(260), overflowY: 'auto' } } },
    NumberInput: { defaultProps: { size: 'xs' } },
    FileInput: { defaultProps: { size: 'xs' } },
    Checkbox: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    SegmentedControl: { defaultProps: { size: 'xs' } },
    Tooltip: { defaultProps: { openDelay: 350, withArrow: false, fz: 12 } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.35 }, transitionProps: { duration: 80 }, padding: 'md' } },
    Drawer: { defaultProps: { overlayProps: { backgroundOpacity: 0.25 }, transitionProps: { duration: 100 }, padding: 'md' } },
    Menu: { defaultProps: { shadow: 'sm', transitionProps: { duration: 60 } } },
    Popover: { defaultProps: { shadow: 'sm', transitionProps: { duration: 60 } } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
  },
});

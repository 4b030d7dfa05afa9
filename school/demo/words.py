"""Short words for throw-away passwords: easy to type, four of them hard to guess."""

WORDS = (  # noqa: SIM905 - 128 of them: four make 28 bits, enough for a demo that listens on one machine
    "acorn amber anvil apple apron arrow aspen badge bagel banjo basil basin beach berry birch bison "
    "blaze board brick broom brush cabin cable camel candy canoe cedar chalk cloud clove coral crane "
    "crown daisy delta diary dolly drift eagle easel ember fable fern ferry flame flint flute forge "
    "frost garden ginger glade globe grape grove guava hazel heron honey ivory jelly kayak kettle kiosk "
    "lemon lilac linen llama lotus lunar mango maple medal melon merry mimosa mocha moose nectar oasis "
    "ocean olive onion opal orbit otter paddle panda papaya pearl pebble pepper piano plaza plum pony "
    "poppy prism quartz quilt radish raven reef ribbon river robin rocket saddle salad satin scarf shell "
    "silver spice spruce sugar swan tango tulip turtle velvet violin walnut willow yacht zebra zinc zest"
).split()

"""The package as a whole."""

import chainrule


def test_the_native_module_names_its_instruction_set():
    assert chainrule.instruction_set() in {"avx512", "avx2", "neon", "generic"}

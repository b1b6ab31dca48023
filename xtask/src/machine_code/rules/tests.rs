//! The rules on excerpts of real listings, good and bad, and on kernels that are compiled here and now.

use super::*;
use crate::process::{find_program, output_of};
use std::path::Path;
use std::process::Command;

const X86_64: Kernels =
    Kernels { processor: Processor::X86_64, function: "tile_kernel", sets: &["avx512"], numbers: &["f32"] };
const AARCH64: Kernels =
    Kernels { processor: Processor::Aarch64, function: "tile_kernel", sets: &["neon"], numbers: &["f32"] };

/// 2 × 2 vectors, two terms in a turn; the stack is used before and after.
const IN_REGISTERS: &str = "\
0000000000000000 <kernels::avx512::tile_kernel::<f32, 2, 2>>:
   0:	push   rbp
   1:	mov    rbp,rsp
   4:	and    rsp,0xffffffffffffffc0
   8:	sub    rsp,0x140
  90:	vbroadcastss zmm4,DWORD PTR [rdi+rax*8]
  97:	vmovups zmm5,ZMMWORD PTR [r10-0xc0]
  9e:	vmovups zmm6,ZMMWORD PTR [r10-0x80]
  a5:	vmovups zmm7,ZMMWORD PTR [r10-0x40]
  ac:	vmovups zmm8,ZMMWORD PTR [r10]
  b2:	vfmadd231ps zmm3,zmm4,zmm5
  b8:	vfmadd231ps zmm2,zmm6,zmm4
  be:	vbroadcastss zmm4,DWORD PTR [rdi+rax*8+0x4]
  c6:	vfmadd231ps zmm1,zmm4,zmm5
  cc:	vfmadd231ps zmm0,zmm4,zmm6
  d2:	vbroadcastss zmm4,DWORD PTR [rdi+rax*8+0x8]
  da:	vfmadd231ps zmm3,zmm4,zmm7
  e0:	vfmadd231ps zmm2,zmm8,zmm4
  e6:	vbroadcastss zmm4,DWORD PTR [rdi+rax*8+0xc]
  ee:	vfmadd231ps zmm1,zmm4,zmm7
  f4:	vfmadd231ps zmm0,zmm4,zmm8
  fa:	add    rax,0x2
  fe:	add    r10,0x100
 105:	cmp    rsi,rax
 108:	jne    90 <kernels::avx512::tile_kernel::<f32, 2, 2>+0x90>
 14c:	vmovaps ZMMWORD PTR [rsp],zmm3
 153:	vmovaps ZMMWORD PTR [rsp+0x40],zmm2
 15b:	vmovaps ZMMWORD PTR [rsp+0x80],zmm1
 163:	vmovaps ZMMWORD PTR [rsp+0xc0],zmm0
";

/// 2 × 2 vectors, with a number of rows that is known at run time alone: a turn may end after two of the four.
const NOT_UNROLLED: &str = "\
0000000000000000 <kernels::avx512::tile_kernel::<f32, 2, 2>>:
   0:	push   rbp
   1:	mov    rbp,rsp
   4:	and    rsp,0xffffffffffffffc0
   8:	sub    rsp,0x140
  77:	jmp    8c <kernels::avx512::tile_kernel::<f32, 2, 2>+0x8c>
  80:	inc    rax
  83:	sub    rcx,0xffffffffffffff80
  87:	cmp    r8,rax
  8a:	je     105 <kernels::avx512::tile_kernel::<f32, 2, 2>+0x105>
  8c:	vbroadcastss zmm6,DWORD PTR [rsi+rax*8]
  93:	vmovups zmm5,ZMMWORD PTR [rcx-0x40]
  9a:	vmovups zmm4,ZMMWORD PTR [rcx]
  a0:	vfmadd231ps zmm3,zmm6,zmm5
  a6:	vfmadd231ps zmm2,zmm4,zmm6
  ac:	cmp    rdi,0x1
  b0:	je     80 <kernels::avx512::tile_kernel::<f32, 2, 2>+0x80>
  b2:	vbroadcastss zmm6,DWORD PTR [rsi+rax*8+0x4]
  ba:	vfmadd231ps zmm1,zmm6,zmm5
  c0:	vfmadd231ps zmm0,zmm6,zmm4
  c6:	cmp    rdi,0x2
  ca:	je     80 <kernels::avx512::tile_kernel::<f32, 2, 2>+0x80>
";

/// 2 × 2 vectors on the other processor.
const IN_REGISTERS_ON_ARM: &str = "\
0000000000000000 <kernels::neon::tile_kernel::<f32, 2, 2>>:
  20:	ldp	q3, q2, [sp]
  24:	add	x9, x0, #0x4
  28:	ldp	q1, q0, [sp, #32]
  2c:	add	x10, x2, #0x10
  30:	ldp	q4, q5, [x10, #-16]
  34:	subs	x8, x8, #0x1
  38:	ldp	s6, s7, [x9, #-4]
  3c:	add	x9, x9, #0x8
  40:	add	x10, x10, #0x20
  44:	fmla	v3.4s, v4.4s, v6.s[0]
  48:	fmla	v2.4s, v5.4s, v6.s[0]
  4c:	fmla	v1.4s, v4.4s, v7.s[0]
  50:	fmla	v0.4s, v5.4s, v7.s[0]
  54:	b.ne	30 <kernels::neon::tile_kernel::<f32, 2, 2>+0x30>  // b.any
  58:	stp	q3, q2, [sp]
  5c:	stp	q1, q0, [sp, #32]
";

/// 7 × 4 vectors, two of them on the stack: with the operands 28 sums do not fit into 32 registers.
const SPILLING_ON_ARM: &str = "\
0000000000000000 <kernels::neon::tile_kernel::<f32, 7, 4>>:
  c8:	ldp	q13, q12, [x9, #-32]
  cc:	mov	x11, x10
  d0:	ldp	s0, s1, [x10, #-12]
  d4:	subs	x8, x8, #0x1
  d8:	ldp	q15, q14, [x9], #64
  dc:	fmla	v11.4s, v13.4s, v0.s[0]
  e0:	fmla	v10.4s, v12.4s, v0.s[0]
  e4:	fmla	v9.4s, v15.4s, v0.s[0]
  e8:	fmla	v8.4s, v14.4s, v0.s[0]
  ec:	ldur	s0, [x10, #-4]
  f0:	fmla	v31.4s, v13.4s, v1.s[0]
  f4:	fmla	v30.4s, v12.4s, v1.s[0]
  f8:	fmla	v29.4s, v15.4s, v1.s[0]
  fc:	fmla	v28.4s, v14.4s, v1.s[0]
 100:	ld1r	{v1.4s}, [x11], #4
 104:	fmla	v17.4s, v13.4s, v0.s[0]
 108:	fmla	v16.4s, v12.4s, v0.s[0]
 10c:	fmla	v7.4s, v15.4s, v0.s[0]
 110:	fmla	v6.4s, v14.4s, v0.s[0]
 114:	ldr	s0, [x11]
 118:	fmla	v5.4s, v13.4s, v1.4s
 11c:	fmla	v4.4s, v12.4s, v1.4s
 120:	fmla	v3.4s, v15.4s, v1.4s
 124:	fmla	v2.4s, v14.4s, v1.4s
 128:	ldr	q1, [sp]
 12c:	fmla	v27.4s, v15.4s, v0.s[0]
 130:	fmla	v26.4s, v14.4s, v0.s[0]
 134:	fmla	v1.4s, v13.4s, v0.s[0]
 138:	str	q1, [sp]
 13c:	ldr	q1, [sp, #16]
 140:	fmla	v1.4s, v12.4s, v0.s[0]
 144:	str	q1, [sp, #16]
 148:	ldp	s1, s0, [x10, #8]
 14c:	add	x10, x10, #0x1c
 150:	fmla	v25.4s, v13.4s, v1.s[0]
 154:	fmla	v24.4s, v12.4s, v1.s[0]
 158:	fmla	v23.4s, v15.4s, v1.s[0]
 15c:	fmla	v22.4s, v14.4s, v1.s[0]
 160:	fmla	v21.4s, v13.4s, v0.s[0]
 164:	fmla	v20.4s, v12.4s, v0.s[0]
 168:	fmla	v19.4s, v15.4s, v0.s[0]
 16c:	fmla	v18.4s, v14.4s, v0.s[0]
 170:	b.ne	c8 <kernels::neon::tile_kernel::<f32, 7, 4>+0xc8>  // b.any
";

fn findings_of(kernels: Kernels, listing: &str) -> Vec<String> {
    let report = kernels.check(listing);
    assert_eq!(report.kernels, 1);
    report.findings
}

#[test]
fn a_loop_that_keeps_its_sums_in_registers_passes() {
    assert_eq!(findings_of(X86_64, IN_REGISTERS), [""; 0]);
    assert_eq!(findings_of(AARCH64, IN_REGISTERS_ON_ARM), [""; 0]);
}

#[test]
fn a_vector_on_the_stack_is_found_and_shown() {
    let load = "c6:\tvfmadd231ps zmm1,zmm4,zmm5";
    assert!(IN_REGISTERS.contains(load));
    for planted in
        ["vfmadd231ps zmm1,zmm4,ZMMWORD PTR [rsp+0x40]", "vfmadd231ps zmm1,zmm4,ZMMWORD PTR [rbp-0x40]"]
    {
        let listing = IN_REGISTERS.replace(load, &format!("c6:\t{planted}"));
        let findings = findings_of(X86_64, &listing);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert!(findings[0].contains("avx512::tile_kernel::<f32, 2, 2>: "), "{findings:?}");
        assert!(findings[0].contains(&format!("90…108, found 1:\n    c6: {planted}")), "{findings:?}");
    }
    let findings = findings_of(AARCH64, SPILLING_ON_ARM).join("\n");
    assert!(
        findings.contains("expected 28 sums that stay in registers in the loop c8…170, found 26"),
        "{findings}"
    );
    assert!(
        findings.contains("expected no vectors from or to the stack in the loop c8…170, found 4:"),
        "{findings}"
    );
    assert!(findings.contains("138: str\tq1, [sp]"), "{findings}");
}

#[test]
fn a_base_pointer_that_is_no_frame_pointer_points_to_data() {
    let listing =
        IN_REGISTERS.replace("mov    rbp,rsp", "mov    rbp,rdi").replace("[r10-0x80]", "[rbp-0x80]");
    assert_eq!(findings_of(X86_64, &listing), [""; 0]);
}

#[test]
fn a_loop_that_is_not_unrolled_is_found() {
    let findings = findings_of(X86_64, NOT_UNROLLED).join("\n");
    assert!(
        findings.contains("expected a multiple of 4 multiply-adds in the loop 80…b0, found 2"),
        "{findings}"
    );
}

#[test]
fn sums_that_are_all_on_the_stack_are_no_sums() {
    // Each sum is loaded, added to and stored, through a register that points somewhere.
    let listing = "\
0 <kernels::avx512::tile_kernel::<f32, 1, 1>>:
   0:\tlea    rsi,[rsp+0x40]
   4:\tvmovaps zmm1,ZMMWORD PTR [rsi]
   8:\tvfmadd231ps zmm1,zmm2,ZMMWORD PTR [rdx]
   c:\tvmovaps ZMMWORD PTR [rsi],zmm1
  10:\tjne    4 <kernels::avx512::tile_kernel::<f32, 1, 1>+0x4>
";
    let findings = findings_of(X86_64, listing).join("\n");
    assert!(findings.contains("expected a loop that keeps 1 sums in registers, found none"), "{findings}");
}

#[test]
fn a_polynomial_in_the_epilogue_is_not_taken_for_the_loop_over_the_terms() {
    let epilogue = "
 170:\tvmovaps zmm10,ZMMWORD PTR [rsp+rax*1]
 174:\tvmovaps zmm9,zmm31
 178:\tvfmadd213ps zmm9,zmm10,zmm30
 17c:\tvfmadd213ps zmm9,zmm10,zmm29
 180:\tvmovaps ZMMWORD PTR [rsp+rax*1],zmm9
 184:\tjne    170 <kernels::avx512::tile_kernel::<f32, 2, 2>+0x170>
";
    assert_eq!(findings_of(X86_64, &format!("{}{epilogue}", IN_REGISTERS.trim_end())), [""; 0]);
}

#[test]
fn kernels_that_are_not_there_or_say_no_size_are_found() {
    let both = Kernels { sets: &["avx512", "avx2"], ..X86_64 };
    let report = both.check(IN_REGISTERS);
    assert_eq!(report.kernels, 1);
    assert_eq!(report.findings, ["expected a function `…avx2…::tile_kernel::<f32, …, MR, NV>`, found none"]);
    let both = Kernels { numbers: &["f32", "f64"], ..X86_64 };
    let missing = "expected a function `…avx512…::tile_kernel::<f64, …, MR, NV>`, found none";
    assert_eq!(both.check(IN_REGISTERS).findings, [missing]);
    let others = [
        "avx512::my_tile_kernel::<f32, 2, 2>",
        "call::<avx512::tile_kernel::<f32, 2, 2>>",
        "avx512::tile_kernel::<f32, 2, 2>::{closure#0}",
    ];
    for other in others {
        let listing = IN_REGISTERS.replace("avx512::tile_kernel::<f32, 2, 2>", other);
        assert_eq!(X86_64.check(&listing).kernels, 0, "{other}");
    }
    let nameless = IN_REGISTERS.replace("tile_kernel::<f32, 2, 2>", "tile_kernel::<f32>");
    assert!(findings_of(X86_64, &nameless)[0].contains("expected `…::<…, MR, NV>`"));
    assert_eq!(tile("a::tile_kernel::<f32, 6usize, 4usize>"), Some(24));
}

#[test]
fn the_compiler_spills_where_registers_are_too_few_and_that_is_found() {
    if !cfg!(target_arch = "x86_64") || find_program("objdump").is_none() {
        return println!("SKIPPED: needs x86-64 and objdump");
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/avx512.rs");
    let object = std::env::temp_dir().join(format!("avx512-{}.o", std::process::id()));
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "-Copt-level=3", "-Csymbol-mangling-version=v0", "--emit", "obj", "-o"]);
    output_of(rustc.arg(&object).arg(&source)).unwrap();
    let mut objdump = Command::new("objdump");
    objdump.args(["--disassemble", "--demangle", "--no-show-raw-insn", "--disassembler-options=intel"]);
    let listing = output_of(objdump.arg(&object)).unwrap();
    std::fs::remove_file(&object).unwrap();
    let report = Kernels { numbers: &[], ..X86_64 }.check(&listing);
    assert_eq!(report.kernels, 2);
    let findings = report.findings.join("\n");
    assert!(!findings.contains("::<6, 4>"), "{findings}");
    assert!(findings.contains("::<8, 4>: expected 32 sums that stay in registers"), "{findings}");
    assert!(findings.contains("::<8, 4>: expected no vectors from or to the stack"), "{findings}");
}

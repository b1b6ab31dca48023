//! Reads what `objdump` prints: functions, their instructions, and which registers and memory these touch.
//!
//! Both processors are read in one grammar, `mnemonic operand, operand, …` with the result first: x86-64 in Intel's
//! syntax, AArch64 in its own. Only what the rules ask is understood.

/// Whose instructions these are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Processor {
    X86_64,
    Aarch64,
}

/// A function with its demangled name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    pub(super) instructions: Vec<Instruction<'a>>,
}

/// One line of a listing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Instruction<'a> {
    pub(super) address: u64,
    /// As it is shown to a person.
    pub(super) text: &'a str,
    mnemonic: &'a str,
    operands: Vec<&'a str>,
    processor: Processor,
}

/// The functions of a listing whose names `select` takes; the others are passed over unread.
pub(super) fn functions<'a>(
    listing: &'a str,
    processor: Processor,
    select: impl Fn(&str) -> bool,
) -> Vec<Function<'a>> {
    let mut functions: Vec<Function<'a>> = Vec::new();
    let mut selected = false;
    for line in listing.lines() {
        if let Some(name) = name(line) {
            selected = select(name);
            if selected {
                functions.push(Function { name, instructions: Vec::new() });
            }
        } else if selected && let Some(function) = functions.last_mut() {
            function.instructions.extend(instruction(line, processor));
        }
    }
    functions
}

/// `0000000000001f40 <path::function::<f32, 6, 4>>:`.
fn name(line: &str) -> Option<&str> {
    let (address, name) = line.strip_suffix(">:")?.split_once(" <")?;
    u64::from_str_radix(address, 16).is_ok().then_some(name)
}

/// `1bb: vmovaps ZMMWORD PTR [rsp+0x980],zmm9`, with or without a remark or the name of a place behind it.
fn instruction(line: &str, processor: Processor) -> Option<Instruction<'_>> {
    let (address, text) = line.trim_start().split_once(':')?;
    let address = u64::from_str_radix(address, 16).ok()?;
    let remark = [" <", " # ", "//"].iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    let words = text[..remark].trim();
    let (mnemonic, operands) = words.split_once([' ', '\t']).unwrap_or((words, ""));
    Some(Instruction { address, text: text.trim(), mnemonic, operands: operands_of(operands), processor })
}

/// Splits at the commas that stand in no brackets.
fn operands_of(text: &str) -> Vec<&str> {
    let (mut operands, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, c) in text.char_indices() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                operands.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    operands.push(text[start..].trim());
    operands.retain(|operand| !operand.is_empty());
    operands
}

impl Instruction<'_> {
    /// A multiply-add on vectors, fused.
    pub(super) fn is_multiply_add(&self) -> bool {
        match self.processor {
            Processor::X86_64 => {
                self.mnemonic.starts_with("vfmadd")
                    && (self.mnemonic.ends_with("ps") || self.mnemonic.ends_with("pd"))
            }
            Processor::Aarch64 => self.mnemonic == "fmla",
        }
    }

    /// Where a jump goes to that is taken always or sometimes; a call is none.
    pub(super) fn jump(&self) -> Option<u64> {
        let jumps = match self.processor {
            Processor::X86_64 => self.mnemonic.starts_with('j'),
            Processor::Aarch64 => {
                let mnemonic = self.mnemonic;
                mnemonic == "b" || ["b.", "cb", "tb"].iter().any(|start| mnemonic.starts_with(start))
            }
        };
        let target = self.operands.last().filter(|_| jumps)?;
        u64::from_str_radix(target.trim_start_matches("0x"), 16).ok()
    }

    /// Whether it leaves the function.
    pub(super) fn returns(&self) -> bool {
        self.mnemonic == "ret"
    }

    /// The vector registers that it gives new values.
    pub(super) fn written(&self) -> Vec<u8> {
        let in_arm = self.processor == Processor::Aarch64;
        // The address that a jump goes to may look like a register: `d01c`.
        if self.jump().is_some() || in_arm && self.mnemonic.starts_with("st") {
            return Vec::new();
        }
        // Loads of AArch64 fill several registers at once; all else has one result, in front.
        let count = if in_arm && self.mnemonic.starts_with("ld") { self.operands.len() } else { 1 };
        let results = self.operands.iter().take(count).filter(|operand| !is_memory(operand));
        results
            .flat_map(|operand| operand.trim_matches(['{', '}']).split(','))
            .filter_map(|register| self.vector(register))
            .collect()
    }

    /// Whether it moves a vector between a register and the memory that `bases` point to.
    pub(super) fn moves_vector(&self, bases: &[&str]) -> bool {
        let at_base = |operand: &str| {
            let mut words = operand.split(|c: char| !c.is_ascii_alphanumeric());
            is_memory(operand) && words.any(|word| bases.contains(&word))
        };
        let is_vector = |operand: &str| !is_memory(operand) && self.vector(operand).is_some();
        self.operands.iter().any(|operand| at_base(operand))
            && self.operands.iter().any(|operand| is_vector(operand))
    }

    /// Whether it makes the frame pointer one: elsewhere that register is as good as any other.
    pub(super) fn sets_frame_pointer(&self) -> bool {
        match self.processor {
            Processor::X86_64 => self.mnemonic == "mov" && self.operands == ["rbp", "rsp"],
            Processor::Aarch64 => {
                matches!(self.mnemonic, "mov" | "add") && self.operands.starts_with(&["x29", "sp"])
            }
        }
    }

    /// The number of a vector register, whatever part of it is meant: `zmm9{k1}`, `v9.4s`, `q9`.
    fn vector(&self, operand: &str) -> Option<u8> {
        let operand = operand.trim();
        let number = match self.processor {
            Processor::X86_64 => ["zmm", "ymm", "xmm"].iter().find_map(|kind| operand.strip_prefix(kind))?,
            Processor::Aarch64 => operand.strip_prefix(['v', 'q', 'd', 's', 'h', 'b'])?,
        };
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        number[..end].parse().ok()
    }
}

/// `[sp, #16]`, `ZMMWORD PTR [rsp+0x40]`; but not `v24.s[0]`, which is a lane.
fn is_memory(operand: &str) -> bool {
    operand.starts_with('[') || operand.contains(" [")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str, processor: Processor) -> Instruction<'_> {
        instruction(line, processor).unwrap_or_else(|| panic!("{line:?} is an instruction"))
    }

    #[test]
    fn a_function_has_its_name_with_the_numbers_in_it_and_its_own_instructions() {
        let listing = "
Disassembly of section .text:

0000000000001f40 <a::b::tile_kernel::<f32, 6, 4>>:
    1f40:	push   rbp
    1f41:	jne    1f40 <a::b::tile_kernel::<f32, 6, 4>+0x1>
    1f43:	ret

0000000000001f50 <a::other>:
    1f50:	ret
";
        let functions = functions(listing, Processor::X86_64, |name| name.contains("tile_kernel"));
        assert_eq!(functions.len(), 1);
        assert_eq!(functions[0].name, "a::b::tile_kernel::<f32, 6, 4>");
        assert_eq!(functions[0].instructions.len(), 3);
        assert_eq!(functions[0].instructions[1].jump(), Some(0x1f40));
        assert_eq!(functions[0].instructions[2].jump(), None);
    }

    #[test]
    fn instructions_of_intel_say_what_they_write_and_where_they_go() {
        let read = |line| read(line, Processor::X86_64);
        let sum = read("  1c3:	vfmadd231ps zmm8{k1},zmm4,DWORD BCST [rax+rcx*4+0x8]");
        assert!(sum.is_multiply_add());
        assert_eq!(sum.written(), [8]);
        assert!(!read("  1c3:	vfmadd231ss xmm8,xmm4,xmm3").is_multiply_add());
        let store = read("  1bb:	vmovaps ZMMWORD PTR [rsp+0x980],zmm9");
        assert_eq!(store.written(), [0; 0]);
        assert!(store.moves_vector(&["rsp"]) && !store.moves_vector(&["rbp"]));
        assert!(read("  1bb:	vaddps ymm1,ymm2,YMMWORD PTR [rbp-0x20]").moves_vector(&["rsp", "rbp"]));
        assert!(!read("  24:	mov    QWORD PTR [rsp+0x38],rsi").moves_vector(&["rsp"]));
        assert!(read("   1:	mov    rbp,rsp").sets_frame_pointer());
        assert_eq!(read("  43e:	jne    170 <k+0x170>").jump(), Some(0x170));
        assert_eq!(read("  43e:	call   170 <k+0x170>").jump(), None);
        let constant = read("   10:	vmovaps zmm1,ZMMWORD PTR [rip+0x1f0]        # 200 <k+0x200>");
        assert_eq!((constant.written(), constant.operands.len()), (vec![1], 2));
    }

    #[test]
    fn instructions_of_arm_say_what_they_write_and_where_they_go() {
        let read = |line| read(line, Processor::Aarch64);
        let sum = read("  80:	fmla	v23.4s, v25.4s, v24.s[0]");
        assert!(sum.is_multiply_add() && !sum.moves_vector(&["sp"]));
        assert_eq!(sum.written(), [23]);
        assert_eq!(read("  84:	ldp	q17, q16, [sp, #160]").written(), [17, 16]);
        assert_eq!(read("  84:	ld1	{v0.4s, v1.4s}, [x8], #32").written(), [0, 1]);
        assert_eq!(read("  84:	ld1r	{v29.4s}, [x8]").written(), [29]);
        let store = read(" 138:	str	q1, [sp]");
        assert_eq!(store.written(), [0; 0]);
        assert!(store.moves_vector(&["sp", "x29"]));
        assert!(read(" 144:	stp	q1, q0, [x29, #-16]").moves_vector(&["sp", "x29"]));
        assert!(!read("   4:	str	x30, [sp, #256]").moves_vector(&["sp"]));
        assert!(read("   8:	add	x29, sp, #0x10").sets_frame_pointer());
        assert_eq!(read("  c8:	b.ne	68 <k+0x68>  // b.any").jump(), Some(0x68));
        assert_eq!(read("  3c:	cbz	x8, ec <k+0xec>").jump(), Some(0xec));
        assert_eq!(read("  3c:	tbnz	w8, #3, ec <k+0xec>").jump(), Some(0xec));
        assert_eq!(read("  3c:	bl	ec <k>").jump(), None);
    }
}

// A program that hits a USDT probe once for each word of its command line, and exits with the probe's semaphore:
//   as -o usdt.o usdt.S && ld -z noseparate-code -z max-page-size=4096 --build-id=none -s -o usdt.x64 usdt.o
//   aarch64-linux-gnu-as, aarch64-linux-gnu-ld likewise for usdt.arm64 (cpp first: .S is preprocessed).
        .macro PROBE args
990:    nop
        .pushsection .note.stapsdt, "", "note"
        .balign 4
        .4byte 992f-991f, 994f-993f, 3
991:    .asciz "stapsdt"
992:    .balign 4
993:    .8byte 990b, _.stapsdt.base, word_semaphore
        .asciz "pebble"
        .asciz "word"
        .asciz "\args"
994:    .balign 4
        .popsection
        .endm

        .text
        .globl _start
_start:
#ifdef __x86_64__
        mov (%rsp), %r12
        movzwl word_semaphore(%rip), %edi
again:  PROBE "8@%r12"
        dec %r12
        jnz again
        mov $60, %eax // exit
        syscall
#else
        ldr x19, [sp]
        adrp x0, word_semaphore
        add x0, x0, :lo12:word_semaphore
        ldrh w0, [x0]
again:  PROBE "8@x19"
        subs x19, x19, 1
        b.ne again
        mov x8, 93 // exit
        svc 0
#endif

        .section .probes, "aw"
        .balign 4
        .2byte 0
word_semaphore: .2byte 0

        .section .stapsdt.base, "a"
_.stapsdt.base: .byte 0

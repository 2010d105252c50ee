// A library with functions, data and USDT probes, kept built for x86-64 and arm64:
//   as -o probes.o probes.S && ld -shared -z noseparate-code -z max-page-size=4096 --build-id=sha1 -o probes.x86_64.so probes.o
//   aarch64-linux-gnu-as, aarch64-linux-gnu-ld likewise for probes.arm64.so (cpp first: .S is preprocessed).
        .macro PROBE name, semaphore, args
990:    nop
        .pushsection .note.stapsdt, "", "note"
        .balign 4
        .4byte 992f-991f, 994f-993f, 3
991:    .asciz "stapsdt"
992:    .balign 4
993:    .8byte 990b, _.stapsdt.base, \semaphore
        .asciz "sample"
        .asciz "\name"
        .asciz "\args"
994:    .balign 4
        .popsection
        .endm

        .text
        .globl outer
        .type outer, %function
outer:  nop
        PROBE plain, 0, ""
        .globl inner
        .type inner, %function
inner:  nop
        nop
        .size inner, . - inner
#ifdef __x86_64__
        PROBE counted, probe_semaphore, "-4@%eax 8@-24(%rbp) 1@$-7"
#else
        PROBE counted, probe_semaphore, "-4@w0 8@[sp, 24] 1@-7"
#endif
        PROBE plain, 0, ""
        .size outer, . - outer
        .skip 16
        .type local_work, %function
local_work: nop
        .size local_work, . - local_work
label_only: nop

        .section .probes, "aw"
        .type probe_semaphore, %object
        .size probe_semaphore, 2
        .globl probe_semaphore
        .hidden probe_semaphore
        .2byte 0
probe_semaphore: .2byte 0

        .data
        .globl table
        .type table, %object
        .size table, 16
table:  .8byte outer, 5

        .section .stapsdt.base, "a"
_.stapsdt.base: .byte 0

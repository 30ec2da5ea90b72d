/* Files of the demo model, aligned as GGUF aligns its tensors. */
        .section .rodata
        .balign 64
        .global cutawayDemoModelBegin
        .global cutawayDemoModelEnd
cutawayDemoModelBegin:
        .incbin DEMO_MODEL
cutawayDemoModelEnd:
        .byte 0
        .global cutawayDemoTextBegin
        .global cutawayDemoTextEnd
cutawayDemoTextBegin:
        .incbin DEMO_TEXT
cutawayDemoTextEnd:
        .byte 0
        .section .note.GNU-stack, "", %progbits

namespace Prism.Supervisor.Tests.Secrets;

/// <summary>The hand-written part of <see cref="AwkwardFiles"/>, by the rule that each is about.</summary>
internal static class AwkwardTexts
{
    /// <summary>Characters from here to <see cref="RawByte"/> + 255, of the private use area, stand for one byte each: what is not UTF-8.</summary>
    public const char RawByte = '\uf700';

    private const string Encrypted = "ENC[AES256_GCM,data:Zm9v,iv:YmFy,tag:YmF6,type:str]";

    /// <summary>What may stand after a =.</summary>
    public static IReadOnlyList<string> Values { get; } =
    [
        // Blanks, and what looks like one: only space, tab, CR and LF are blanks to systemd.
        "", " ", "\t", "b", " b", "b ", "\tb\t", "b  c ", "b\tc\t ", "b\v\f", "\vb", "\u00a0b\u00a0", "b\u0085", "b\u2028c\u2029", "\ufeffb", "\u200bb\u3000",

        // Single quotes.
        "'b'", "'b", "b'", "'b c '", "''", "'''", "''''", "'b''c'", "'b' 'c'", "'b'c", "'b' c d ", "b'c'", "b 'c'", "'b\"c'", @"'b\'c'", @"'b\", @"'\n'", "'b' '", " 'b' ", "'b'\t", "it's",

        // Double quotes.
        "\"b\"", "\"b", "b\"", "\"b c \"", "\"\"", "\"\"\"", "\"\"\"\"", "\"b\"\"c\"", "\"b\" \"c\"", "\"b\"c", "\"b\" c ", "b\"c\"", "\"b'c\"", @"""b\""c""", @"""b\\""", @"""b\\\""",
        @"""\$b\`\\""", @"""\n\t\r""", @"""\'\ \x""", @"""b\", "\"$b`c`\"", "'b'\"c\"", "\"b\"'c'", "'b'\"c\"d'e'", @"""b""\'c'", @"""b"" \ c", @"'b'\", @"""b""\\",

        // The backslash.
        @"\", @"\\", @"\\\", @"b\", @"b\ ", @"b \ ", @"b \\ ", @"b\ \ ", @"\ b", "\\\tb", @"\n", @"b\nc", @"b\\nc", @"\x41\101\u0041", @"\'b\'", @"\""b\""", @"\#b", @"\=b", @"\$b", @"b \", @"\é", @"c:\new\table",

        // What others expand, or take for a comment.
        "#b", "b#c", "b #c", " #b", "'b' #c", "\"b\" ;c", ";b", "b ;c", "b;c", "$B", "${B}", "$(b)", "`b`", "%i %n %%", "~/b", "*", "{b,c}", "!b", "b && c | d > e", "=", "==", "b=c==", "= b =",
        "{\"b\": \"c\\n\"}", "['b', 'c']", "postgres://u:p%40s@h:5432/d?x=1&y='z'#f", @"-----BEGIN KEY-----\nMIIB\n-----END KEY-----\n",

        // What looks encrypted.
        "ENC[", "ENC[b]", "xENC[y", Encrypted, $"'{Encrypted}'", $"b {Encrypted}",

        // UTF-8: several forms of one letter, beyond the first plane, private, and what Unicode says is no character.
        "пароль €", "é", "e\u0301", "🔑", "👩\u200d👩\u200d👧", "\u202eb", "\ufffd", "\ue000", "\ufdd0", "\ufdef", "\ufffe", "\uffff", "\U0001fffe", "\U0010fffd", "\U0010ffff",
    ];

    /// <summary>Whole files.</summary>
    public static IReadOnlyList<string> Lines { get; } =
    [
        // Nothing, and lines of nothing.
        "", "\n", "\r", "\r\n", " ", "\n\n\nA=b\n\n\n", "   \n\t\nA=b", "\r\nA=b\r\n\r\n", "A=b\n\r", "A=b\r\r\nC=d", "A=b\rC=d\r", "A\r=b", "A=\r\nB=c", "A=b\fC=d\vE=f", "A=b\u2028C=d", "A=b\u0085C=d",

        // Lines that go on.
        "A=b\\\nc\n", "A=b\\\r\nc\n", "A=b\\\r\nC=d\n", "A=b\\\rc", "A=b \\\n  c \nD=e", "A=\\\nb\n", "A=\\\n\nB=c\n", "A=b\\\n\nB=c", "A=b\\\n#c\nD=e", "A=b\\\nB=c\n", "A=b\\\\\nC=d", "A=b\\\\\\\nC=d",
        "A=b\\ \nC=d", "A=b\\\n", "A=b\\\n\\\n\\\nc", "A=\\\r\nB=c", "A=b \\\n\nC=d", "A=b\\\n   ", "A='b'\\\nc", "A='b' \\\n 'c'\n", "A=\"b\" \\\n\"c\"\n", "A=\n B=c", "A=\n  b\nC=d", "A\\\n=b", "A\\\nB=c",

        // Quotes over several lines.
        "A='b\nc'\nD=e", "A='b\\\nc'\nD=e", "A=\"b\nc\"\nD=e", "A=\"b\\\nc\"\nD=e", "A=\"b\\\r\nc\"\nD=e", "A=\"b\\\rc\"\nD=e", "A=\"b\r\nc\"\r\nD=e", "A='b\r\nc'\r\nD=e", "A='\n'\nB=c", "A='b\n\n\nC=d'\nE=f",
        "A=\"b\nC=d\nE=f\"\nG=h", "A='b\nC=d\n", "A=\"b\nC=d\n# e\"\nF=g", "A=b'\nC=d'\n", "A=\"b\nC='d\"\nE='f", "A='b\n", "A=\"b\n", "A=\"b\\\n", "A='b'\n'c'\nD=e", "A=\"b\nC=d\nA=e\"", "A=b\nC=\"d\nA=e\"f",

        // Comments.
        "#", ";", "#\n", "# a\nB=c", "; a\nB=c", "  # a\nB=c", "\t; a=b\nB=c", "# a\\\nB=c\n", "# a\\\\\nB=c", "# a\\\r\nB=c", "# a\\\rB=c", "# a\\", "; a\\\n B=c\nD=e", "# a\\\n# b\\\nB=c\n", "# a 'b\nB=c'\n", "# a \"b\nB=c\n",
        "# a\rB=c\n", "A=b\n# c\\\n\nD=e", "#A=b\nC=d", "# \\n\nB=c", "# a\\ \nB=c", "# a \\x\\\nB=c", "##\nB=c", "#=b\nC=d", "A=b\n#C=d\\\nE=f\n", "A=b # c\\\nD=e", "//a\nB=c", "-- a=b\nB=c", "# " + Encrypted + "\nB=c",

        // Names.
        "export A=b", "set A=b\nC=d", "A B=c", "  A=b", "\tA\t=\tb", "A\u00a0=b", "=b", "=", "==", "=b=c", "=b=c\n=d=e\nF=g", "= b\nC=d", " =b\nC=d", "1A=b", "A1=b", "_=b", "_A=b", "__=b", "A-B=c", "A.B=c", "A[0]=b", "Ä=b", "a=b\nA=c",
        "'A'=b\nC=d", "\"A\"=b\nC=d", "A+=b", "A:b\nC=d", "A: b=c", "A\nB=c", "A\\=b", "A'=b\nC=d'", "\ufeffA=b\nC=d", "\ufeff# a\nC=d", "$A=b", "A#=b", "A;B=c", "-A=b", "--A=b", "A=b\nA=c", "A=b\nA=", "A=\nA=b", "A=b\nC=d\nA=e", "A=b\n A =c",
        "A=b\nA\u00a0=c", "nonsense\nA=b", "nonsense", "A\nB", "A'b\nC=d'", "PGSSLMODE=require\nDJANGO_DEBUG=\n", "A_unencrypted=b\nC=d", "A=b\nC_unencrypted=d e \nF=", "unencrypted=b", "SOPS_A=b\nsops=c", "sops_a=b\nC=d", "ENC[=b\nC=d",

        // Bytes that are not UTF-8: alone, cut, too long, a surrogate, beyond Unicode; in a value, a name, a comment, a line of no assignment.
        $"A={Raw(0xff)}", $"A=b\nB={Raw(0xc3)}\nC=d", $"A={Raw(0xe2, 0x82)}\n", $"A={Raw(0xc0, 0xaf)}\n", $"A={Raw(0xed, 0xa0, 0x80)}\n", $"A={Raw(0xf4, 0x90, 0x80, 0x80)}\n", $"A={Raw(0xf8, 0x88, 0x80, 0x80, 0x80)}\n", $"A={Raw(0x80)}\nA=b\n", $"A='{Raw(0xe9)}'\nB=c",
        $"A=\"\\{Raw(0xe9)}\"", $"{Raw(0xff)}=b\nC=d", $"9{Raw(0xff)}=b\nC=d", $"# {Raw(0xff)}\nA=b", $"; caf{Raw(0xe9)}\\\nA=b", $"nonsense {Raw(0xff)}\nA=b", $"{Raw(0xff, 0xfe)}A=b\n", $"A=b{Raw(0xe9)}\\\nc\n", $"export A={Raw(0xff)}\nB=c",

        // The same with what UTF-8 can hold and Unicode gives to nobody.
        "A=\ufffe\nA=b", "\ufdd0=b\nC=d", "# \uffff\nA=b", "\uffff\nA=b", "export A=\uffff\nB=c", "A='\U0001ffff'\nB=c", "A=b\nC=\ufdd0 \nD=e",

        // NUL.
        "A=b\0c\nD=e", "# \0\nA=b", "A=b\n\0",
    ];

    private static string Raw(params byte[] bytes) => string.Concat(bytes.Select(b => (char)(RawByte + b)));
}

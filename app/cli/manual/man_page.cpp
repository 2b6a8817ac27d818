// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/manual/man_page.h"

#include "app/cli/manual/help_text.h"
#include "io/base/text.h"

namespace expertscope {

namespace {

constexpr std::size_t kWidth = 72; // of what is set as it is: a page of 80 columns less man's margins

/// Text that troff sets as it is: no request at the start of a line, hyphens that can be copied.
std::string plain(const std::string& text)
{
    std::string roff;
    bool atStart = true;
    for (const char c : text) {
        if (atStart && (c == '.' || c == '\''))
            roff += "\\&";
        atStart = c == '\n';
        if (c == '\\')
            roff += "\\e";
        else if (c == '-')
            roff += "\\-";
        else
            roff += c;
    }
    return roff;
}

std::string quoted(const std::string& text)
{
    std::string roff = "\"";
    for (const char c : plain(text))
        roff += c == '"' ? std::string("\"\"") : std::string(1, c);
    return roff + '"';
}

std::string asItIs(const std::string& text)
{
    return text.empty() ? text : ".PP\n.nf\n" + plain(text) + (text.back() == '\n' ? "" : "\n") + ".fi\n";
}

std::string entry(const ManualOption& option)
{
    std::string roff = ".TP\n\\fB" + plain(joined(option.names, ", ")) + "\\fR";
    if (!option.value.empty())
        roff += " \\fI" + plain(option.value) + "\\fR";
    roff += std::string(option.list ? "..." : "") + '\n' + plain(option.text);
    if (!option.standard.empty())
        roff += plain("; default: " + option.standard);
    return roff + '\n';
}

void addCommand(std::string& roff, const Manual& manual)
{
    roff += ".SS " + quoted(manual.help ? manual.line + " ..." : usageOf(manual)) + '\n' + plain(manual.title) + ".\n";
    if (manual.help) {
        roff += asItIs(manual.help());
        return;
    }
    for (const auto* options : {&manual.arguments, &manual.options}) {
        for (const ManualOption& option : *options)
            roff += entry(option);
    }
    if (manual.footer)
        roff += asItIs(manual.footer(kWidth));
    for (const Manual& command : manual.commands)
        addCommand(roff, command);
}

constexpr const char* kRest = R"(.SH EXIT STATUS
0; 1 when it failed, after one line on standard error; 2 when it was used wrongly.
.SH ENVIRONMENT
.TP
\fBEXPERTSCOPE_CACHE\fR, \fBXDG_CACHE_HOME\fR
The folder where results are kept that were computed before; expertscope/ in that one; else ~/.cache/expertscope.
.TP
\fBEXPERTSCOPE_PAGER\fR, \fBPAGER\fR
What shows text that is longer than the terminal, by the first of them that is set, else \fBless\fR (with the options
FRX where \fBLESS\fR is not set); empty or \fBcat\fR: nothing does.
.TP
\fBNO_COLOR\fR
When set and not empty: no colours.
.TP
\fBCOLUMNS\fR
Width of tables that do not go to a terminal; else 120.
.TP
\fBEXPERTSCOPE_CPU_KERNELS\fR
baseline, avx2 or avx512: use no newer instructions than that.
.SH SEE ALSO
The pages of \fBresources/docs\fR in the sources: file formats, definitions of metrics, simulations.
)";

}

std::string manPage(const Manual& whole, const std::string& version)
{
    std::string roff = ".\\\" Made by `expertscope man`: do not edit.\n.TH EXPERTSCOPE 1 \"\" "
        + quoted("expertscope " + version) + " \"User Commands\"\n.SH NAME\nexpertscope \\- " + plain(whole.title)
        + "\n.SH SYNOPSIS\n\\fBexpertscope\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.br\n"
          "\\fBexpertscope\\fR \\fITRACE.h5\\fR\n.SH DESCRIPTION\n"
          "A trace holds which experts every router of a mixture\\-of\\-experts model chose for every token. These "
          "commands record one, describe and analyse it, simulate what it means for a cache or a cluster, and draw "
          "it. The name of a trace alone describes it.\n.SH COMMANDS\n";
    for (const Manual& command : whole.commands)
        addCommand(roff, command);
    return roff + kRest;
}

}

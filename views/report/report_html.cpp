// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/report/report.h"

#include "views/paint/fonts.h"

#include <QRegularExpression>
#include <QTimeZone>

namespace expertscope {

namespace {

/// Figures stay as they are on paper, black on white, in a dark page too: their colours mean something.
constexpr const char* kStyle = R"(
:root { --back: #fff; --text: #1b1b1b; --faint: #5a5a5a; --line: #ddd; --link: #0b57a4; --high: #9c3a00; --low: #0b57a4; }
@media (prefers-color-scheme: dark) {
  :root { --back: #16181c; --text: #e7e7e7; --faint: #a8acb3; --line: #3a3e45; --link: #8ab8f0; --high: #ffb077; --low: #8ab8f0; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 52rem; background: var(--back); color: var(--text);
  font: 1rem/1.5 system-ui, "Liberation Sans", Arial, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .25rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; overflow-wrap: anywhere; }
p { margin: .25rem 0 .75rem; }
a { color: var(--link); }
.faint { color: var(--faint); }
nav ul { columns: 14rem; padding: 0; margin: .5rem 0; list-style: none; }
table { border-collapse: collapse; font-size: .9rem; width: 100%; }
th { text-align: left; font-weight: normal; color: var(--faint); padding: .15rem 1rem .15rem 0; white-space: nowrap; vertical-align: top; }
td { padding: .15rem 0; overflow-wrap: anywhere; }
.remarks li { margin: .2rem 0; }
.whole { white-space: nowrap; }
.high { color: var(--high); font-weight: 600; }
.low { color: var(--low); font-weight: 600; }
figure { margin: .75rem 0; padding: .75rem; background: #fff; border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; }
figure svg { display: block; width: 100%; min-width: 24rem; max-width: 150mm; height: auto; margin: 0 auto; }
figcaption { color: #333; font-size: .9rem; margin-bottom: .5rem; overflow-wrap: anywhere; }
code { font: .85rem ui-monospace, "Liberation Mono", monospace; color: var(--faint); overflow-wrap: anywhere; }
@media print { figure { break-inside: avoid; } nav { display: none; } }
)";

QString escaped(const QString& text)
{
    return text.toHtmlEscaped();
}
QString escaped(const std::string& text)
{
    return escaped(QString::fromStdString(text));
}

/// A drawing as part of a page: no prologue, names of its own.
QString inlined(const QByteArray& svg, const QString& own, const QString& label)
{
    QString text = QString::fromUtf8(svg);
    text.remove(0, text.indexOf("<svg"));
    static const QRegularExpression ids(R"( id="([^"]+)\")"), uses(R"(url\(#([^)]+)\))"), links(R"(href="#([^"]+)\")");
    text.replace(ids, " id=\"" + own + "-\\1\"");
    text.replace(uses, "url(#" + own + "-\\1)");
    text.replace(links, "href=\"#" + own + "-\\1\"");
    static const QRegularExpression profile(R"( (?:version|baseProfile)="[^"]*")"),
        description(R"(<(title|desc)>.*?</\1>)", QRegularExpression::DotMatchesEverythingOption);
    text.replace(profile, "").remove(description);
    return text.replace(0, 4, "<svg role=\"img\" aria-label=\"" + escaped(label) + '"').trimmed();
}

/// What followed a colon begins a line.
QString sentenceCase(const std::string& text)
{
    QString line = QString::fromStdString(text);
    if (!line.isEmpty())
        line[0] = line[0].toUpper();
    return line;
}

QString factsOf(const Report& report)
{
    QString html;
    for (const Report::Trace& trace : report.traces) {
        if (report.traces.size() > 1)
            html += "<h3>" + escaped(trace.name) + "</h3>\n";
        html += "<table>\n";
        for (const auto& [name, value] : trace.facts)
            html += "<tr><th scope=\"row\">" + escaped(name) + "</th><td>" + escaped(value) + "</td></tr>\n";
        html += "</table>\n";
    }
    return html;
}

QString remarksOf(const results::RemarkPage& page)
{
    if (page.title.empty())
        return {};
    QString html = "<h2 id=\"remarkable\">" + escaped(page.title) + "</h2>\n<p class=\"faint\">" + escaped(sentenceCase(page.rest)) + "</p>\n";
    if (page.sentences.empty())
        return html;
    html += "<ul class=\"remarks\">\n";
    for (const results::RemarkSentence& said : page.sentences) {
        html += "<li>" + escaped(said.place) + ": " + escaped(said.before) + "<span class=\"" + (said.more ? "high" : "low")
            + "\">" + escaped(said.value) + "</span>" + escaped(said.after);
        if (!said.beside.empty())
            html += " <span class=\"faint whole\">(" + escaped(said.beside) + ")</span>";
        html += "</li>\n";
    }
    return html + "</ul>\n";
}

QString contentsOf(const Report& report)
{
    QString html = "<nav aria-label=\"Charts\"><ul>\n";
    for (const ReportSection& section : report.sections)
        html += "<li><a href=\"#" + QString::fromStdString(section.chart) + "\">" + escaped(section.title) + "</a></li>\n";
    return html + "</ul></nav>\n";
}

Expected<QString> htmlOf(const ReportSection& section)
{
    const QString name = QString::fromStdString(section.chart);
    QString html = "<section id=\"" + name + "\">\n<h2>" + escaped(section.title) + "</h2>\n<p>" + escaped(section.definition)
        + ".</p>\n";
    for (std::size_t i = 0; i < section.drawings.size(); ++i) {
        const auto& drawing = section.drawings[i];
        ES_ASSIGN(const QByteArray svg, renderSvg(drawing.figure));
        html += "<figure>";
        if (!drawing.caption.isEmpty())
            html += "<figcaption>" + escaped(drawing.caption) + "</figcaption>";
        html += inlined(svg, name + QString::number(i),
                    section.title + (drawing.caption.isEmpty() ? QString() : ", " + drawing.caption))
            + "</figure>\n";
    }
    return html + "<p><code>" + escaped(section.command) + "</code></p>\n</section>\n";
}

}

Expected<QByteArray> reportHtml(const Report& report)
{
    ES_ASSIGN(const QByteArray font, bundledFont("LiberationSans-Regular.ttf"));
    const QString tool = report.sections.front().drawings.front().figure.spec.tool;
    QString html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"generator\" content=\"" + escaped(tool) + ", " + kReportMark + "\">\n<title>"
        + escaped(report.title) + "</title>\n<style>\n@font-face { font-family: \"Liberation Sans\"; src: url(data:font/ttf;base64,"
        + QString::fromLatin1(font.toBase64()) + "); }" + kStyle + "</style>\n</head>\n<body>\n<header>\n<h1>"
        + escaped(report.title) + "</h1>\n<p class=\"faint\">" + escaped(tool);
    if (!report.tokens.isEmpty())
        html += "; of the tokens with " + escaped(report.tokens);
    html += "</p>\n</header>\n<main>\n" + remarksOf(report.remarks) + "<h2>Charts</h2>\n" + contentsOf(report);
    for (const ReportSection& section : report.sections) {
        ES_ASSIGN(const QString part, htmlOf(section));
        html += part;
    }
    if (!report.notDrawn.isEmpty()) {
        html += "<h2>Not drawn</h2>\n<table>\n";
        for (const auto& [title, why] : report.notDrawn)
            html += "<tr><th scope=\"row\">" + escaped(title) + "</th><td>" + escaped(why) + "</td></tr>\n";
        html += "</table>\n";
    }
    html += "<h2>" + QString(report.traces.size() > 1 ? "Traces" : "Trace") + "</h2>\n" + factsOf(report)
        + "</main>\n</body>\n</html>\n";
    return html.toUtf8();
}

}

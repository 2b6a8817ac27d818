// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/widgets/card_writer.h"

#include "views/widgets/theme.h"

#include <QFontMetrics>
#include <QGuiApplication>

#include <algorithm>
#include <cmath>
#include <utility>

namespace expertscope {

namespace {

constexpr int kBrief = 20; ///< characters of a name in a table
constexpr int kNameGap = 16; ///< between a name and its value

QString span(const QString& style, const QString& text, const QString& tip)
{
    return QString("<span style=\"%1\"%2>%3</span>")
        .arg(style, tip.isEmpty() ? QString() : QString(" title=\"%1\"").arg(tip.toHtmlEscaped()), text);
}

}

CardWriter::CardWriter()
{
    const ThemeColours c = themeColours(currentTheme());
    m_text = c.text.name();
    m_faint = c.faintText.name();
    m_accent = c.accent.name();
    m_line = c.line.name();
    m_ground = c.window.name();
}

QString CardWriter::plain(const QString& text, const QString& tip)
{
    return tip.isEmpty() ? text.toHtmlEscaped() : span({}, text.toHtmlEscaped(), tip);
}

QString CardWriter::brief(const QString& name)
{
    if (name.size() <= kBrief)
        return plain(name);
    return plain(name.left(kBrief * 2 / 3) + QChar(0x2026) + name.right(kBrief / 3), name);
}

QString CardWriter::faint(const QString& text, const QString& tip) const
{
    return span("color:" + m_faint, text.toHtmlEscaped(), tip);
}

QString CardWriter::strong(const QString& text) const
{
    return "<b>" + text.toHtmlEscaped() + "</b>";
}

QString CardWriter::marked(const QString& text) const
{
    return span("font-weight:600; background-color:" + m_line, text.toHtmlEscaped(), {});
}

QString CardWriter::link(const QString& rich, const CardLink& link)
{
    m_links.push_back(link);
    return QString("<a href=\"link:%1\" style=\"color:%2; text-decoration:none\">%3</a>")
        .arg(m_links.size() - 1)
        .arg(m_accent, rich);
}

QString CardWriter::undefined(const QString& reason) const
{
    return faint(QStringLiteral("–"), reason);
}

void CardWriter::title(const QString& rich)
{
    endFacts();
    m_html += "<p style=\"margin:0 0 4px 0; font-size:large; font-weight:600\">" + rich + "</p>";
}

void CardWriter::heading(const QString& text, const QString& tip)
{
    endFacts();
    m_html += "<p style=\"margin:12px 0 2px 0; font-weight:600\">"
        + (tip.isEmpty() ? text.toHtmlEscaped() : span({}, text.toHtmlEscaped(), tip)) + "</p>";
}

void CardWriter::paragraph(const QString& rich)
{
    endFacts();
    m_html += "<p style=\"margin:4px 0 4px 0\">" + rich + "</p>";
}

void CardWriter::note(const QString& text)
{
    endFacts();
    m_html += "<p style=\"margin:2px 0 2px 0; color:" + m_faint + "\">" + text.toHtmlEscaped() + "</p>";
}

void CardWriter::fact(const QString& name, const QString& rich, const QString& tip)
{
    m_facts.push_back({name, rich, tip});
}

void CardWriter::endFacts()
{
    if (m_facts.empty())
        return;
    // As wide as the names are: a table of rich text would break them in the middle of a word.
    const QFontMetrics metrics(QGuiApplication::font());
    int width = 0;
    for (const Fact& fact : m_facts)
        width = std::max(width, metrics.horizontalAdvance(fact.name));
    m_html += "<table width=\"100%\" cellspacing=\"0\" cellpadding=\"1\">";
    for (const auto& [name, rich, tip] : std::exchange(m_facts, {}))
        m_html += QString("<tr><td width=\"%1\">").arg(width + kNameGap) + faint(name, tip) + "</td><td>" + rich + "</td></tr>";
    m_html += "</table>";
}

void CardWriter::table(const std::vector<Column>& columns, const std::vector<QStringList>& rows)
{
    endFacts();
    const auto cell = [&](std::size_t c, const QString& rich) {
        return QString("<td align=\"%1\" style=\"padding-right:%2px\">%3</td>")
            .arg(columns[c].number ? "right" : "left")
            .arg(c + 1 == columns.size() ? 0 : 8)
            .arg(rich);
    };
    m_html += "<table width=\"100%\" cellspacing=\"0\" cellpadding=\"1\"><tr>";
    for (std::size_t c = 0; c < columns.size(); ++c)
        m_html += cell(c, faint(columns[c].title, columns[c].tip));
    m_html += "</tr>";
    for (const QStringList& row : rows) {
        m_html += "<tr>";
        for (std::size_t c = 0; c < columns.size(); ++c)
            m_html += cell(c, row.value(qsizetype(c)));
        m_html += "</tr>";
    }
    m_html += "</table>";
}

QString CardWriter::bar(double share) const
{
    constexpr int kMost = 24; // blanks on a coloured ground: nothing but text, at any scale
    const double filled = std::isfinite(share) ? std::clamp(share, 0.0, 1.0) * kMost : 0;
    const int blanks = filled > 0 ? std::max(1, int(std::lround(filled))) : 0;
    return span("background-color:" + m_accent, QString(blanks, QChar::Nbsp), {});
}

Card CardWriter::card()
{
    endFacts();
    return {"<div style=\"color:" + m_text + "\">" + m_html + "</div>", std::move(m_links)};
}

}

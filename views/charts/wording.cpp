// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/charts/wording.h"

#include "io/base/version.h"

#include <array>
#include <charconv>
#include <cmath>

namespace expertscope {

namespace {

QString grouped(QString digits)
{
    qsizetype end = digits.indexOf('.');
    if (end < 0)
        end = digits.size();
    for (qsizetype at = end - 3; at > (digits.startsWith(QChar(0x2212)) ? 1 : 0); at -= 3)
        digits.insert(at, ',');
    return digits;
}

QByteArray oneLine(const QString& s)
{
    return s.simplified().toUtf8();
}

}

QString countText(std::uint64_t count)
{
    return grouped(QString::number(qulonglong(count)));
}

QString numberText(double value)
{
    if (!std::isfinite(value))
        return QStringLiteral("–");
    if (value == 0)
        return QStringLiteral("0");
    const double size = std::abs(value);
    if (size < 1e-4)
        return QString::number(value, 'e', 2).replace('-', QChar(0x2212));
    const int decimals = std::max(0, 2 - int(std::floor(std::log10(size * (1 + 1e-12)))));
    return grouped(QString::number(value, 'f', decimals).replace('-', QChar(0x2212)));
}

QString percentText(double share)
{
    return std::isfinite(share) ? numberText(100 * share) + " %" : numberText(share);
}

QString siteText(const RoutingShape& shape, SiteIndex site)
{
    return "Layer " + QString::number(shape.sites[std::size_t(site)].layer);
}

QString sequenceText(const RoutingShape& shape, SequenceIndex sequence)
{
    const std::string& name = shape.sequences[std::size_t(sequence)].name;
    return name.empty() ? "sequence " + QString::number(sequence.value) : QString::fromStdString(name);
}

QString joinedReadout(const QStringList& parts)
{
    QStringList filled = parts;
    filled.removeAll(QString());
    return filled.join(QStringLiteral(" · "));
}

QString unbroken(QString words)
{
    return words.replace(' ', QChar::Nbsp);
}

QByteArray csvNumber(double value)
{
    if (std::isnan(value))
        return {};
    std::array<char, 32> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 9).ptr;
    return {text.data(), end - text.data()};
}

QByteArray csvText(const std::string& text)
{
    QByteArray field = QByteArray::fromStdString(text);
    if (field.contains(',') || field.contains('"') || field.contains('\n'))
        field = '"' + field.replace("\"", "\"\"") + '"';
    return field;
}

QByteArray csvTrace(const NamedTrace& trace)
{
    QByteArray text = oneLine(QString::fromStdString(trace.path.filename().string()));
    if (!trace.summary.uuid.empty())
        text += " uuid " + oneLine(QString::fromStdString(trace.summary.uuid));
    return text;
}

QByteArray csvPlace(const RoutingShape& shape, SiteIndex site)
{
    return QByteArray::number(shape.sites[std::size_t(site)].layer) + ',' + QByteArray::number(site.value) + ',';
}

QByteArray csvHead(const char* chart, const std::vector<QByteArray>& traces, const std::string& tokens,
    const std::vector<QString>& lines)
{
    QByteArray csv = QByteArray("# expertscope ") + kVersion + ", figure " + chart + '\n';
    for (const QByteArray& trace : traces)
        csv += "# trace: " + trace + '\n';
    csv += "# tokens: " + (tokens.empty() ? QByteArray("all") : oneLine(QString::fromStdString(tokens))) + '\n';
    for (const QString& line : lines)
        csv += "# " + oneLine(line) + '\n';
    return csv;
}

}

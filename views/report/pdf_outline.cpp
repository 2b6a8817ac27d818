// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/report/pdf_outline.h"

#include <QRegularExpression>

namespace expertscope {

namespace {

tl::unexpected<Error> broken(const char* what)
{
    return fail(std::string("unexpected PDF from Qt: no ") + what, "PDF report");
}

/// Text as PDF has it outside of pages: UTF-16 with a mark, in hexadecimal.
QByteArray textOf(const QString& text)
{
    QByteArray hex = "<FEFF";
    for (const QChar c : text)
        hex += QByteArray::number(c.unicode(), 16).rightJustified(4, '0').toUpper();
    return hex + '>';
}

QByteArray reference(int object)
{
    return QByteArray::number(object) + " 0 R";
}

/// The last value of `key` in the trailer, which is plain text.
QByteArray valueIn(const QByteArray& trailer, const char* key)
{
    const auto found =
        QRegularExpression(QString("/%1\\s+(\\d+ 0 R|\\d+|\\[[^\\]]*\\])").arg(key)).match(QString::fromLatin1(trailer));
    return found.captured(1).toLatin1();
}

/// The body of an object, between "N 0 obj" and "endobj".
QByteArray bodyOf(const QByteArray& pdf, int object)
{
    const QByteArray head = '\n' + QByteArray::number(object) + " 0 obj";
    const qsizetype at = pdf.indexOf(head), end = pdf.indexOf("endobj", at);
    return at < 0 || end < 0 ? QByteArray() : pdf.mid(at + head.size(), end - at - head.size()).trimmed();
}

}

Expected<QByteArray> withOutline(const QByteArray& pdf, const QList<OutlineEntry>& entries)
{
    if (entries.isEmpty())
        return pdf;
    const qsizetype trailerAt = pdf.lastIndexOf("trailer"), startAt = pdf.lastIndexOf("startxref\n");
    if (trailerAt < 0 || startAt < trailerAt)
        return broken("trailer");
    const QByteArray trailer = pdf.mid(trailerAt, startAt - trailerAt);
    const int root = valueIn(trailer, "Root").split(' ').front().toInt(), size = valueIn(trailer, "Size").toInt();
    QByteArray catalog = bodyOf(pdf, root);
    if (root <= 0 || size <= root || !catalog.startsWith("<<") || !catalog.endsWith(">>"))
        return broken("catalog");
    const auto pages = QRegularExpression(R"(/Pages (\d+) 0 R)").match(QString::fromLatin1(catalog));
    const auto list = QRegularExpression(R"(/Kids\s*\[([^\]]*)\])")
                          .match(QString::fromLatin1(bodyOf(pdf, pages.captured(1).toInt())));
    QList<int> kids;
    for (auto it = QRegularExpression(R"((\d+) 0 R)").globalMatch(list.captured(1)); it.hasNext();)
        kids << it.next().captured(1).toInt();

    QByteArray out = pdf;
    if (!out.endsWith('\n'))
        out += '\n';
    QList<std::pair<int, qsizetype>> placed; // object, offset
    const auto add = [&](int object, const QByteArray& body) {
        placed.append({object, out.size()});
        out += QByteArray::number(object) + " 0 obj\n" + body + "\nendobj\n";
    };
    const int outline = size;
    catalog.insert(catalog.size() - 2, "/Outlines " + reference(outline) + "\n/PageMode /UseOutlines\n");
    add(root, catalog);
    add(outline, "<<\n/Type /Outlines\n/First " + reference(outline + 1) + "\n/Last "
            + reference(outline + int(entries.size())) + "\n/Count " + QByteArray::number(entries.size()) + "\n>>");
    for (int i = 0; i < entries.size(); ++i) {
        const OutlineEntry& entry = entries[i];
        if (entry.page < 0 || entry.page >= kids.size())
            return broken("page of an outline entry");
        QByteArray body = "<<\n/Title " + textOf(entry.title) + "\n/Parent " + reference(outline) + "\n/Dest ["
            + reference(kids[entry.page]) + " /XYZ 0 " + QByteArray::number(entry.top, 'f', 2) + " 0]\n";
        if (i > 0)
            body += "/Prev " + reference(outline + i) + '\n';
        if (i + 1 < entries.size())
            body += "/Next " + reference(outline + i + 2) + '\n';
        add(outline + 1 + i, body + ">>");
    }
    // The table of what is new: the catalog, and the objects behind the last one.
    const qsizetype table = out.size();
    const auto line = [](qsizetype offset) { return QByteArray::number(offset).rightJustified(10, '0') + " 00000 n \n"; };
    out += "xref\n" + QByteArray::number(root) + " 1\n" + line(placed.front().second);
    out += QByteArray::number(outline) + ' ' + QByteArray::number(placed.size() - 1) + '\n';
    for (qsizetype i = 1; i < placed.size(); ++i)
        out += line(placed[i].second);
    const qsizetype previous = pdf.indexOf('\n', startAt) + 1;
    out += "trailer\n<<\n/Size " + QByteArray::number(outline + int(entries.size()) + 1) + "\n/Root " + reference(root) + '\n';
    for (const char* key : {"Info", "ID"}) {
        if (const QByteArray value = valueIn(trailer, key); !value.isEmpty())
            out += '/' + QByteArray(key) + ' ' + value + '\n';
    }
    out += "/Prev " + pdf.mid(previous, pdf.indexOf('\n', previous) - previous) + "\n>>\nstartxref\n"
        + QByteArray::number(table) + "\n%%EOF\n";
    return out;
}

}

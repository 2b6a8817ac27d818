// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/figure/pdf_patch.h"

#include <QHash>
#include <QPdfWriter>
#include <QUuid>

#include <algorithm>
#include <vector>

namespace expertscope {

namespace {

struct Edit
{
    qsizetype position, length;
    QByteArray text;
};

/// The value after `key` at `at`, up to and including the closing character.
qsizetype closing(const QByteArray& pdf, qsizetype at, char close)
{
    const qsizetype end = pdf.indexOf(close, at);
    return end < 0 || end - at > 200 ? -1 : end + 1;
}

qsizetype moved(const std::vector<Edit>& edits, qsizetype offset)
{
    qsizetype by = 0;
    for (const auto& e : edits) {
        if (e.position < offset)
            by += e.text.size() - e.length;
    }
    return offset + by;
}

}

void orderFonts()
{
    QHashSeed::setDeterministicGlobalSeed();
}

void identify([[maybe_unused]] QPdfWriter& writer, [[maybe_unused]] const QByteArray& of)
{
#if QT_VERSION >= QT_VERSION_CHECK(6, 8, 0)
    writer.setDocumentId(QUuid::createUuidV5(QUuid(), of));
#endif
}

Expected<QByteArray> patchPdf(const QByteArray& pdf, const QSizeF& points, const QDateTime& created)
{
    const auto broken = [](const char* what) {
        return fail(std::string("unexpected PDF from Qt: ") + what, "PDF export");
    };
    // Streams are compressed, so these words can only be met in objects, which Qt writes in plain text.
    std::vector<Edit> edits;
    for (qsizetype at = pdf.indexOf("/MediaBox ["); at >= 0; at = pdf.indexOf("/MediaBox [", at + 1)) {
        const qsizetype end = closing(pdf, at, ']');
        if (end < 0)
            return broken("page size");
        edits.push_back({at, end - at,
            "/MediaBox [0 0 " + QByteArray::number(points.width(), 'f', 4) + ' '
                + QByteArray::number(points.height(), 'f', 4) + ']'});
    }
    if (edits.empty())
        return broken("no page");
    const QByteArray date = "(D:" + created.toUTC().toString("yyyyMMddHHmmss").toLatin1() + "Z)";
    for (const char* key : {"/CreationDate (", "/ModDate ("}) {
        for (qsizetype at = pdf.indexOf(key); at >= 0; at = pdf.indexOf(key, at + 1)) {
            const qsizetype value = at + qsizetype(qstrlen(key)) - 1;
            const qsizetype end = closing(pdf, value, ')');
            if (end < 0)
                return broken("date");
            edits.push_back({value, end - value, date});
        }
    }
    // Since 6.8 Qt also writes them as XMP, in a stream whose length must stay.
    const QByteArray xmpDate = created.toUTC().toString("yyyy-MM-ddTHH:mm:ss").toLatin1();
    for (const char* key : {"xmp:CreateDate=\"", "xmp:ModifyDate=\"", "xmp:MetadataDate=\""}) {
        for (qsizetype at = pdf.indexOf(key); at >= 0; at = pdf.indexOf(key, at + 1)) {
            const qsizetype value = at + qsizetype(qstrlen(key));
            const qsizetype zone = closing(pdf, value, '"') - 1 - value - xmpDate.size();
            if (zone != 1 && zone != 6)
                return broken("XMP date");
            edits.push_back({value, xmpDate.size() + zone, xmpDate + (zone == 1 ? "Z" : "+00:00")});
        }
    }
    std::sort(edits.begin(), edits.end(), [](const Edit& a, const Edit& b) { return a.position < b.position; });

    // The cross-reference table: lines of 20 bytes "0000000123 00000 n \n".
    const qsizetype table = pdf.lastIndexOf("\nxref\n") + 1, start = pdf.lastIndexOf("startxref\n");
    if (table <= 0 || start < table)
        return broken("cross-reference table");
    qsizetype line = table + 5;
    while (pdf.mid(line, 7) != "trailer") {
        const qsizetype end = pdf.indexOf('\n', line);
        if (end < 0)
            return broken("cross-reference table");
        const QByteArray header = pdf.mid(line, end - line);
        const auto parts = header.split(' ');
        bool ok = parts.size() >= 2;
        const int entries = ok ? parts[1].toInt(&ok) : 0;
        line = end + 1;
        if (!ok || line + qsizetype(entries) * 20 > pdf.size())
            return broken("cross-reference table");
        for (int i = 0; i < entries; ++i, line += 20) {
            if (pdf[line + 17] != 'n')
                continue;
            const qsizetype offset = pdf.mid(line, 10).toLongLong(&ok);
            if (!ok)
                return broken("cross-reference entry");
            edits.push_back({line, 10, QByteArray::number(moved(edits, offset)).rightJustified(10, '0')});
        }
    }
    const qsizetype digits = start + 10, digitsEnd = pdf.indexOf('\n', digits);
    edits.push_back({digits, digitsEnd - digits, QByteArray::number(moved(edits, table))});

    QByteArray out;
    out.reserve(pdf.size() + 64);
    qsizetype done = 0;
    for (const auto& e : edits) {
        out += pdf.mid(done, e.position - done);
        out += e.text;
        done = e.position + e.length;
    }
    return out + pdf.mid(done);
}

bool pdfSays(const QByteArray& pdf, const char* text)
{
    QByteArray wide;
    for (const char* c = text; *c; ++c)
        wide += QByteArray(1, '\0') + *c;
    return pdf.startsWith("%PDF-") && (pdf.contains(wide) || pdf.contains(text));
}

}

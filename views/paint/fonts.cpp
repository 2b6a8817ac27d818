// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/fonts.h"

#include "views/paint/resources.h"

#include <QFile>
#include <QFontDatabase>
#include <QFontInfo>
#include <QRawFont>

namespace expertscope {

Expected<void> registerBundledFonts()
{
    static const QString failed = [] {
        ensurePaintResources();
        for (const char* file : {"LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf", "LiberationSerif-Regular.ttf",
                 "LiberationSerif-Bold.ttf"}) {
            if (QFontDatabase::addApplicationFont(QString(":/expertscope/fonts/") + file) < 0)
                return QString(file);
        }
        return QString();
    }();
    if (!failed.isEmpty())
        return fail("bundled font cannot be loaded", failed.toStdString());
    return {};
}

Expected<QByteArray> bundledFont(const QString& name)
{
    ensurePaintResources();
    QFile file(":/expertscope/fonts/" + name);
    if (!file.open(QIODevice::ReadOnly))
        return fail("no such bundled font", name.toStdString());
    return file.readAll();
}

Expected<QFont> figureFont(const QString& family, int pixels, const QStringList& texts)
{
    ES_TRY(registerBundledFonts());
    const std::string name = family.toStdString();
    const QString hint = "the bundled families are Liberation Sans and Liberation Serif";
    if (!QFontDatabase::families().contains(family, Qt::CaseInsensitive))
        return fail("no such font family on this system", name, hint.toStdString());
    QFont font(family);
    font.setPixelSize(pixels);
    font.setHintingPreference(QFont::PreferNoHinting);
    font.setStyleStrategy(QFont::StyleStrategy(QFont::PreferOutline | QFont::NoFontMerging));
    if (QFontInfo(font).family().compare(family, Qt::CaseInsensitive) != 0)
        return fail(
            "font family resolves to '" + QFontInfo(font).family().toStdString() + "'", name, hint.toStdString());
    const QRawFont raw = QRawFont::fromFont(font);
    for (const QString& text : texts) {
        for (const char32_t c : text.toUcs4()) {
            if (c >= ' ' && !raw.supportsCharacter(c))
                return fail("font family '" + name + "' lacks the character U+"
                        + QString::number(uint(c), 16).toUpper().rightJustified(4, '0').toStdString(),
                    "label '" + text.toStdString() + "'", "choose another --font, or other labels");
        }
    }
    return font;
}

}

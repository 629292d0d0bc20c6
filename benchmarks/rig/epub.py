"""The sample EPUB made longer: its chapters again and again, as files of their own."""

import posixpath
import zipfile
from pathlib import Path

from lxml import etree


def repeat(book: Path, path: Path, times: int) -> None:
    """Write a book whose spine has the chapters of `book` so many times; they keep its headings."""
    with zipfile.ZipFile(book) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        container = etree.fromstring(old.read("META-INF/container.xml"))
        package_name = str(next(container.iter("{*}rootfile")).get("full-path"))
        package = etree.fromstring(old.read(package_name))
        manifest, spine = next(package.iter("{*}manifest")), next(package.iter("{*}spine"))
        items = {item.get("id"): item for item in manifest}
        for reference in list(spine):
            item = items[reference.get("idref")]
            folder, file = posixpath.split(str(item.get("href")))
            data = old.read(posixpath.join(posixpath.dirname(package_name), folder, file))
            for number in range(2, times + 1):
                href = posixpath.join(folder, f"{number}-{file}")
                new.writestr(posixpath.join(posixpath.dirname(package_name), href), data)
                key = f"again-{number}-{item.get('id')}"
                media_type = str(item.get("media-type"))
                etree.SubElement(
                    manifest, item.tag, id=key, href=href, **{"media-type": media_type}
                )
                etree.SubElement(spine, reference.tag, idref=key)
        for name in old.namelist():
            is_package = name == package_name
            new.writestr(name, etree.tostring(package) if is_package else old.read(name))

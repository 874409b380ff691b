//! Runs the commands of the documentation's pages that ask no cluster. `tests/cluster` runs the others.

use crate::pages::Page;

#[test]
#[ignore = "needs all clients"]
fn commands_of_pages_work() {
    Page::run_all(Page::all().filter(|page| !page.asks_a_cluster()), |page| {
        let site = page.site();
        page.run(&site, None);
        let workflow = ".github/workflows/manifests.yml";
        if site.path(workflow).exists() {
            site.run("actionlint", &[workflow]).good();
        }
    });
}
